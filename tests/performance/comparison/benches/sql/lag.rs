//! The lag of a relay: the time from the commit of an event until the publisher has confirmed it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eventkit::transport::{BoxFuture, Published, Publisher, RawMessage, TransportError};
use eventkit::{BoxError, Event};
use eventkit_sql::{Relay, SqlStore};
use sqlx::Postgres;
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

/// The number of events that are stored in a second, each in a transaction of its own.
const RATE: u32 = 500;

/// The time for which they are stored.
const STEADY: Duration = Duration::from_secs(10);

/// The number of events that wait when a relay starts.
const BACKLOG: u32 = 20_000;

/// A publisher that notes when it has confirmed each event.
#[derive(Debug)]
struct Timed<P> {
    publisher: P,
    confirmed: Arc<Mutex<HashMap<String, Instant>>>,
}

impl<P: Publisher> Publisher for Timed<P> {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async {
            let published = self.publisher.publish_event(event).await?;
            let mut confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
            confirmed.insert(event.id().to_owned(), Instant::now());
            Ok(published)
        })
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        self.publisher.publish_raw(ty, message)
    }
}

/// Prints the lag at a steady rate, and while a relay drains a backlog.
///
/// The relay has a pool of its own, so it does not wait for a connection when PostgreSQL cannot commit as many
/// transactions as are begun.
pub(crate) async fn measure(
    name: &str,
    store: &SqlStore<Postgres>,
    relaying: SqlStore<Postgres>,
    publisher: impl Publisher + 'static,
) -> Result<(), BoxError> {
    let confirmed = Arc::<Mutex<HashMap<String, Instant>>>::default();
    let relay = Relay::new(
        relaying,
        Timed {
            publisher,
            confirmed: Arc::clone(&confirmed),
        },
    );

    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = start(relay.clone(), stopped);
    let stored = store_steadily(store, "steady", STEADY).await?;
    until_confirmed(&confirmed, &stored).await;
    print(&format!("{name}, {RATE}/s"), &lags(&confirmed, &stored));
    let _ = stop.send(());
    running.await?;

    store_at_once(store, BACKLOG).await?;
    let before = count(&confirmed);
    let start_of_drain = Instant::now();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = start(relay, stopped);
    let stored = store_steadily(store, "beside", STEADY).await?;
    until_confirmed(&confirmed, &stored).await;
    let last = backlog_end(&confirmed).unwrap_or(start_of_drain);
    let took = last.saturating_duration_since(start_of_drain);
    let all = count(&confirmed) - before;
    println!(
        "{name}, a backlog of {BACKLOG}: drained in {:.1} s ({:.0}/s), {all} events in all",
        took.as_secs_f64(),
        f64::from(BACKLOG) / took.as_secs_f64(),
    );
    print(&format!("{name}, {RATE}/s behind the backlog"), &lags(&confirmed, &stored));
    let _ = stop.send(());
    running.await?;
    Ok(())
}

fn start(
    relay: Relay<Postgres>,
    stopped: tokio::sync::oneshot::Receiver<()>,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        relay
            .run_until(async {
                let _ = stopped.await;
            })
            .await;
    })
}

fn event(id: String) -> Result<Event, BoxError> {
    let event = Event::builder().id(id).source("/shop/orders");
    Ok(event.ty("co.outcome.order.placed").build()?)
}

/// Stores events at the rate, and returns when each was committed.
async fn store_steadily(
    store: &SqlStore<Postgres>,
    name: &str,
    time: Duration,
) -> Result<HashMap<String, Instant>, BoxError> {
    let step = Duration::from_secs(1) / RATE;
    let start = tokio::time::Instant::now();
    let mut storing = JoinSet::new();
    for number in 0..time.as_millis() / step.as_millis() {
        let number = u32::try_from(number)?;
        sleep_until(start + step * number).await;
        let (store, event) = (store.clone(), event(format!("{name}-{number}"))?);
        storing.spawn(async move {
            let mut transaction = store.begin().await?;
            store.outbox().store(&mut transaction, &event).await?;
            transaction.commit().await?;
            Ok::<_, BoxError>((event.id().to_owned(), Instant::now()))
        });
    }
    storing.join_all().await.into_iter().collect()
}

async fn store_at_once(store: &SqlStore<Postgres>, count: u32) -> Result<(), BoxError> {
    let mut transaction = store.begin().await?;
    for number in 0..count {
        let event = event(format!("backlog-{number}"))?;
        store.outbox().store(&mut transaction, &event).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn until_confirmed(
    confirmed: &Mutex<HashMap<String, Instant>>,
    stored: &HashMap<String, Instant>,
) {
    let is_complete = || {
        let confirmed = confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        stored.keys().all(|id| confirmed.contains_key(id))
    };
    while !is_complete() {
        sleep(Duration::from_millis(20)).await;
    }
}

fn count(confirmed: &Mutex<HashMap<String, Instant>>) -> usize {
    confirmed.lock().unwrap_or_else(PoisonError::into_inner).len()
}

/// Returns when the last event of the backlog was confirmed.
fn backlog_end(confirmed: &Mutex<HashMap<String, Instant>>) -> Option<Instant> {
    let confirmed = confirmed.lock().unwrap_or_else(PoisonError::into_inner);
    let own = confirmed.iter().filter(|(id, _)| id.starts_with("backlog"));
    own.map(|(_, at)| *at).max()
}

/// Returns the lags in milliseconds, in their order.
fn lags(
    confirmed: &Mutex<HashMap<String, Instant>>,
    stored: &HashMap<String, Instant>,
) -> Vec<f64> {
    let confirmed = confirmed.lock().unwrap_or_else(PoisonError::into_inner);
    let mut lags: Vec<f64> = stored
        .iter()
        .filter_map(|(id, at)| Some(confirmed.get(id)?.saturating_duration_since(*at)))
        .map(|lag| lag.as_secs_f64() * 1e3)
        .collect();
    lags.sort_by(f64::total_cmp);
    lags
}

fn print(name: &str, lags: &[f64]) {
    let part = |percent: usize| lags[(lags.len() - 1) * percent / 100];
    println!(
        "{name}: lag p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms",
        part(50),
        part(99),
        part(100),
    );
}
