//! Handlers with a `Tx` and what a service does besides: dead letters, order by key, and former names.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventkit::extension::PartitionKey;
use eventkit::{BoxError, CloudEvent, Dispatcher, Policy, Registry, State, handles};
use eventkit_service::memory::Memory;
use eventkit_service::{DeadLetter, DeadLetters, RunError, Service, ServiceHandle, ShutdownReport};
use eventkit_sql::{SqlStore, Tx};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::units::{PaymentBooked, PaymentMade, account, add, balance, count, payment};
use super::{Db, store};
use crate::recorded::PATIENCE;

/// A service named `bank` that runs until it is stopped.
struct Bank {
    handle: ServiceHandle,
    running: JoinHandle<Result<ShutdownReport, RunError>>,
}

impl Bank {
    async fn open(app: &Dispatcher, memory: &Memory, policy: Policy) -> Self {
        let service = Service::new("bank", app)
            .transport(memory.clone())
            .policy(policy.initial_delay(Duration::from_millis(1)));
        let service = service.build().unwrap();
        let handle = service.handle();
        let running = tokio::spawn(service.run_until(std::future::pending()));
        handle.ready().await;
        Self { handle, running }
    }

    /// Waits until that many deliveries were handled, or were of events that had been handled before.
    async fn handled(&self, count: u64) {
        let handled = self.handle.wait_for(|health| {
            let counters = health.counters();
            counters.succeeded + counters.duplicates >= count
        });
        timeout(PATIENCE, handled).await.unwrap();
    }

    /// Waits until that many dead letters were stored.
    async fn dead_lettered(&self, count: u64) {
        let stored = self
            .handle
            .wait_for(|health| health.counters().dead_lettered >= count);
        timeout(PATIENCE, stored).await.unwrap();
    }

    async fn close(self) {
        self.handle.stop();
        self.running.await.unwrap().unwrap();
    }
}

/// Returns a transport that finds no duplicates by itself.
fn forgetful() -> Memory {
    Memory::builder().dedup_capacity(0).build()
}

/// Waits for the only dead letter.
async fn letter(letters: &DeadLetters<Memory>) -> DeadLetter {
    let waiting = async {
        loop {
            if let Some(letter) = letters.list().await.unwrap().pop() {
                return letter;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.unwrap()
}

static MENDED: Registry = Registry::new("mended");

/// Fails, after it has written, until it is mended.
#[handles(registry = MENDED)]
async fn book_when_mended(
    payment: &PaymentMade,
    tx: &mut Tx<Db>,
    State(is_mended): State<Arc<AtomicBool>>,
) -> Result<PaymentBooked, BoxError> {
    let amount = payment.amount;
    add(tx, amount).await?;
    if is_mended.load(Ordering::Relaxed) {
        return Ok(PaymentBooked { amount });
    }
    Err("not yet".into())
}

/// Returns a dispatcher of the handler that fails until the flag is set.
fn until_mended(store: &SqlStore<Db>, is_mended: &Arc<AtomicBool>) -> Dispatcher {
    let app = Dispatcher::new(&MENDED)
        .state(store.clone())
        .state(Arc::clone(is_mended));
    app.build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_that_is_replayed_has_its_effect_once() {
    let Some((store, pool)) = account().await else {
        return;
    };
    let is_mended = Arc::<AtomicBool>::default();
    let app = until_mended(&store, &is_mended);
    let memory = forgetful();
    let letters = DeadLetters::new(memory.clone(), "bank");
    let bank = Bank::open(&app, &memory, Policy::new().attempts(2)).await;
    memory.publish(&payment("A-1", 30)).await.unwrap();
    let first = letter(&letters).await;
    // It fails again, and is a letter again.
    assert!(letters.replay(&first).await.unwrap());
    bank.dead_lettered(2).await;
    let second = letter(&letters).await;
    assert_eq!(balance(&pool).await, 0);
    assert_eq!(count(&store, "inbox").await, 0);
    is_mended.store(true, Ordering::Relaxed);
    assert!(letters.replay(&second).await.unwrap());
    bank.handled(1).await;
    assert_eq!(balance(&pool).await, 30);
    assert_eq!(count(&store, "outbox").await, 1);
    assert!(letters.list().await.unwrap().is_empty());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_of_an_event_that_was_handled_since_has_no_effect_again() {
    let Some((store, pool)) = account().await else {
        return;
    };
    let is_mended = Arc::<AtomicBool>::default();
    let app = until_mended(&store, &is_mended);
    let memory = forgetful();
    let letters = DeadLetters::new(memory.clone(), "bank");
    let bank = Bank::open(&app, &memory, Policy::new().attempts(1)).await;
    memory.publish(&payment("A-1", 30)).await.unwrap();
    let letter = letter(&letters).await;
    is_mended.store(true, Ordering::Relaxed);
    // The sender sends it again, and an operator replays the letter.
    memory.publish(&payment("A-1", 30)).await.unwrap();
    bank.handled(1).await;
    assert_eq!(balance(&pool).await, 30);
    assert!(letters.replay(&letter).await.unwrap());
    bank.handled(2).await;
    assert_eq!(balance(&pool).await, 30);
    assert_eq!(count(&store, "outbox").await, 1);
    assert_eq!(bank.handle.health().counters().duplicates, 1);
    assert!(letters.list().await.unwrap().is_empty());
    bank.close().await;
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.step.made", source = "/bank")]
struct StepMade {
    #[cloudevent(id)]
    id: String,
    key: String,
    number: i64,
}

static STEPS: Registry = Registry::new("steps");

/// Notes a step with its place among those of the same key. Each third one fails at first.
#[handles(registry = STEPS)]
async fn note_step(
    step: &StepMade,
    tx: &mut Tx<Db>,
    State(failed): State<Arc<std::sync::Mutex<Vec<String>>>>,
) -> Result<(), BoxError> {
    let note = "INSERT INTO steps (key, number, place)
        SELECT $1, $2, count(*) FROM steps WHERE key = $1";
    sqlx::query(note)
        .bind(&step.key)
        .bind(step.number)
        .execute(&mut **tx)
        .await?;
    sleep(Duration::from_millis(step.number.unsigned_abs() % 4)).await;
    let mut failed = failed.lock().unwrap();
    if step.number % 3 == 0 && !failed.contains(&step.id) {
        failed.push(step.id.clone());
        return Err("not yet".into());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_one_key_are_committed_in_their_order() {
    const STEPS_OF_A_KEY: i64 = 15;
    let Some(store) = store().await else {
        return;
    };
    let pool = store.pool().clone();
    let table = "CREATE TABLE steps (key text, number bigint, place bigint)";
    sqlx::raw_sql(table).execute(&pool).await.unwrap();
    let failed = Arc::<std::sync::Mutex<Vec<String>>>::default();
    let app = Dispatcher::new(&STEPS).state(store).state(failed);
    let app = app.build().unwrap();
    let memory = forgetful();
    let policy = Policy::new().concurrency(4).key("partitionkey");
    let bank = Bank::open(&app, &memory, policy).await;
    for number in 0..STEPS_OF_A_KEY {
        for key in ["a", "b", "c"] {
            let step = StepMade {
                id: format!("{key}-{number}"),
                key: key.to_owned(),
                number,
            };
            let event = step.to_event().unwrap().to_builder();
            let event = event.typed_extension(&PartitionKey::new(key).unwrap());
            let event = event.build().unwrap();
            memory.publish(&event).await.unwrap();
            // Each comes twice.
            memory.publish(&event).await.unwrap();
        }
    }
    bank.handled(6 * STEPS_OF_A_KEY.unsigned_abs()).await;
    let places = "SELECT number, place FROM steps";
    let places: Vec<(i64, i64)> = sqlx::query_as(places).fetch_all(&pool).await.unwrap();
    assert_eq!(places.len(), 3 * 15);
    assert!(
        places.iter().all(|(number, place)| number == place),
        "{places:?}"
    );
    bank.close().await;
}

static BEFORE: Registry = Registry::new("before");
static AFTER: Registry = Registry::new("after");

#[handles(registry = BEFORE, name = "book")]
async fn book(payment: &PaymentMade, tx: &mut Tx<Db>) -> Result<PaymentBooked, sqlx::Error> {
    let amount = payment.amount;
    add(tx, amount).await?;
    Ok(PaymentBooked { amount })
}

/// The same handler with another name.
#[handles(registry = AFTER, name = "book-payment", formerly = "book")]
async fn book_payment(
    payment: &PaymentMade,
    tx: &mut Tx<Db>,
) -> Result<PaymentBooked, sqlx::Error> {
    book(payment, tx).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_is_renamed_knows_what_it_handled_before() {
    let Some((store, pool)) = account().await else {
        return;
    };
    let app = |registry| {
        let app = Dispatcher::new(registry).state(store.clone());
        app.build().unwrap()
    };
    let (before, after) = (forgetful(), forgetful());
    let old = Bank::open(&app(&BEFORE), &before, Policy::new()).await;
    // While the new deployment is rolled out, processes with both names run.
    let new = Bank::open(&app(&AFTER), &after, Policy::new()).await;
    for number in 0..10 {
        let payment = payment(&number.to_string(), 1);
        before.publish(&payment).await.unwrap();
        after.publish(&payment).await.unwrap();
    }
    old.handled(10).await;
    new.handled(10).await;
    assert_eq!(balance(&pool).await, 10);
    assert_eq!(count(&store, "outbox").await, 10);
    old.close().await;
    after.publish(&payment("0", 1)).await.unwrap();
    new.handled(11).await;
    assert_eq!(balance(&pool).await, 10);
    new.close().await;
}
