//! The outbox, scheduled events, and relays.

use std::collections::HashSet;
use std::future::pending;
use std::time::{Duration, Instant};

use eventkit::Event;
use eventkit::event::Timestamp;
use eventkit_sql::{Relay, SqlStore};
use sqlx::AssertSqlSafe;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{Db, PREFIX, store};
use crate::recorded::{PATIENCE, Recorded};

pub(super) fn event(id: impl Into<String>) -> Event {
    let event = Event::builder().id(id).source("/bank");
    event.ty("co.outcome.transfer").build().unwrap()
}

/// A relay that runs until it is stopped.
pub(super) struct Running {
    pub(super) relay: Relay<Db>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub(super) fn start(store: &SqlStore<Db>, publisher: &Recorded) -> Self {
        let relay = Relay::new(store.clone(), publisher.clone());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn({
            let relay = relay.clone();
            async move {
                relay
                    .run_until(async {
                        let _ = stopped.await;
                    })
                    .await;
            }
        });
        Self { relay, stop, task }
    }

    /// Waits until the relay has an error, and returns it.
    pub(super) async fn until_failing(&self) -> String {
        let failing = async {
            loop {
                if let Some(error) = self.relay.health().error {
                    break error;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, failing).await.unwrap()
    }

    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }
}

pub(super) async fn store_events(store: &SqlStore<Db>, ids: impl IntoIterator<Item = String>) {
    let mut transaction = store.pool().begin().await.unwrap();
    for id in ids {
        store
            .outbox()
            .store(&mut transaction, &event(id))
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
}

pub(super) fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_published_in_order_after_they_are_committed() {
    let Some(store) = store().await else {
        return;
    };
    let published = Recorded::default();
    let running = Running::start(&store, &published);
    let mut rolled_back = store.pool().begin().await.unwrap();
    let outbox = store.outbox();
    outbox
        .store(&mut rolled_back, &event("never"))
        .await
        .unwrap();
    rolled_back.rollback().await.unwrap();
    for batch in 0..10 {
        store_events(&store, numbers(batch * 20..batch * 20 + 20)).await;
    }
    assert_eq!(published.until(200).await, numbers(0..200));
    running.stop().await;
    assert_eq!(published.ids().len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_three_relays_publishes_and_another_takes_over() {
    let Some(store) = store().await else {
        return;
    };
    let published = Recorded::default();
    let mut relays: Vec<Running> = (0..3).map(|_| Running::start(&store, &published)).collect();
    for round in 0..3 {
        store_events(&store, numbers(round * 50..round * 50 + 50)).await;
        published.until(round as usize * 50 + 50).await;
        let active = relays.iter().position(|own| own.relay.health().is_active);
        // Unless it stops gracefully, the others must wait for its lease.
        let active = relays.swap_remove(active.unwrap());
        active.stop().await;
    }
    assert_eq!(published.ids(), numbers(0..150));
}

/// Starts a relay with ten events, whose publisher is unavailable.
async fn start_while_down() -> Option<(Recorded, Running)> {
    let store = store().await?;
    let published = Recorded::default();
    published.set_down(true);
    let running = Running::start(&store, &published);
    store_events(&store, numbers(0..10)).await;
    Some((published, running))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_continues_after_its_publisher_was_unavailable() {
    let Some((published, running)) = start_while_down().await else {
        return;
    };
    let error = running.until_failing().await;
    assert!(error.contains("down"), "{error}");
    published.set_down(false);
    assert_eq!(published.until(10).await, numbers(0..10));
    assert_eq!(running.relay.health().error, None);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_relay_retries_until_its_publisher_is_available_again() {
    let Some((published, running)) = start_while_down().await else {
        return;
    };
    // The next delays are of several seconds.
    sleep(Duration::from_secs(4)).await;
    published.fail(2);
    running.stop().await;
    assert_eq!(published.ids(), numbers(0..10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_event_does_not_block_others() {
    let Some(store) = store().await else {
        return;
    };
    let published = Recorded::default();
    let running = Running::start(&store, &published);
    store_events(&store, ["1", "bad", "2"].map(str::to_owned)).await;
    assert_eq!(published.until(2).await, ["1", "2"]);
    let rejected = running.relay.health().rejected.unwrap();
    assert!(rejected.contains("too bad"), "{rejected}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scheduled_events_are_published_when_due_unless_cancelled() {
    let Some(store) = store().await else {
        return;
    };
    let (published, outbox) = (Recorded::default(), store.outbox());
    let soon = Duration::from_millis(300);
    let mut transaction = store.pool().begin().await.unwrap();
    let connection = &mut *transaction;
    outbox
        .send_in(connection, &event("late"), 2 * soon, None)
        .await
        .unwrap();
    outbox
        .send_in(connection, &event("early"), soon, None)
        .await
        .unwrap();
    outbox
        .send_in(connection, &event("cancelled"), soon, Some("a"))
        .await
        .unwrap();
    outbox
        .send_in(connection, &event("replaced"), soon, Some("b"))
        .await
        .unwrap();
    outbox
        .send_in(connection, &event("replacing"), 3 * soon, Some("b"))
        .await
        .unwrap();
    let past: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    outbox
        .send_at(connection, &event("past"), past, Some("c"))
        .await
        .unwrap();
    let future: Timestamp = "2999-01-01T00:00:00Z".parse().unwrap();
    outbox
        .send_at(connection, &event("future"), future, Some("d"))
        .await
        .unwrap();
    let long = "k".repeat(513);
    let error = outbox
        .send_in(connection, &event("x"), soon, Some(&long))
        .await;
    error.unwrap_err();
    transaction.commit().await.unwrap();

    let running = Running::start(&store, &published);
    assert_eq!(published.until(1).await, ["past"]);
    let mut transaction = store.pool().begin().await.unwrap();
    assert!(outbox.cancel(&mut transaction, "a").await.unwrap());
    assert!(!outbox.cancel(&mut transaction, "a").await.unwrap());
    assert!(
        !outbox.cancel(&mut transaction, "c").await.unwrap(),
        "it was published"
    );
    transaction.commit().await.unwrap();
    let expected = ["past", "early", "late", "replacing"];
    assert_eq!(published.until(4).await, expected);
    running.stop().await;
    assert_eq!(published.ids(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_scheduled_events_survive_their_relays() {
    const EVENTS: u32 = 1000;
    let Some(store) = store().await else {
        return;
    };
    let (published, outbox) = (Recorded::default(), store.outbox());
    let start = Instant::now();
    let mut transaction = store.pool().begin().await.unwrap();
    for number in 0..EVENTS {
        let delay = Duration::from_millis(u64::from(number) * 3);
        let due = (start.elapsed() + delay).as_millis();
        let event = event(format!("{number}-{due}"));
        outbox
            .send_in(&mut transaction, &event, delay, None)
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    let finished = async {
        loop {
            let relay = Relay::new(store.clone(), published.clone());
            // A relay is dropped while it works, and another one starts.
            let _ = timeout(Duration::from_millis(700), relay.run_until(pending())).await;
            drop(relay);
            resign(&store).await;
            let different: HashSet<String> = published.ids().into_iter().collect();
            if different.len() == EVENTS as usize {
                break;
            }
        }
    };
    timeout(PATIENCE, finished).await.unwrap();
    for (id, at) in published.times() {
        let due: u64 = id.split_once('-').unwrap().1.parse().unwrap();
        let early = Duration::from_millis(due).saturating_sub(at.duration_since(start));
        // The clocks of the database and of the test have different origins, and are read at
        // different times.
        assert!(early < Duration::from_millis(20), "{id}: {early:?} early");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_event_that_is_replaced_is_published_in_its_new_form() {
    let Some(store) = store().await else {
        return;
    };
    let (published, outbox) = (Recorded::default(), store.outbox());
    let (open, gate) = oneshot::channel();
    published.set_gate(gate);
    let mut transaction = store.pool().begin().await.unwrap();
    let past: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    outbox
        .send_at(&mut transaction, &event("first"), past, None)
        .await
        .unwrap();
    outbox
        .send_at(&mut transaction, &event("old"), past, Some("a"))
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let running = Running::start(&store, &published);
    published.until(1).await;
    // The relay has read both events, and waits for the confirmation of the first.
    let mut transaction = store.pool().begin().await.unwrap();
    outbox
        .send_at(&mut transaction, &event("new"), past, Some("a"))
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    open.send(()).unwrap();
    assert_eq!(published.until(2).await, ["first", "new"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_from_before_the_clock_was_set_back_does_not_block() {
    let Some(store) = store().await else {
        return;
    };
    let lease = format!("UPDATE {PREFIX}relay SET token = 1, leased_until = 9000000000000");
    sqlx::query(AssertSqlSafe(lease))
        .execute(store.pool())
        .await
        .unwrap();
    store_events(&store, numbers(0..3)).await;
    let published = Recorded::default();
    let running = Running::start(&store, &published);
    assert_eq!(published.until(3).await, numbers(0..3));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_works_after_the_tables_were_truncated() {
    let Some(store) = store().await else {
        return;
    };
    let empty = AssertSqlSafe(format!("DELETE FROM {PREFIX}relay"));
    sqlx::query(empty).execute(store.pool()).await.unwrap();
    store_events(&store, numbers(0..3)).await;
    let published = Recorded::default();
    let running = Running::start(&store, &published);
    assert_eq!(published.until(3).await, numbers(0..3));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_active_relay_reports_the_backlog() {
    let Some(store) = store().await else {
        return;
    };
    store_events(&store, numbers(0..10)).await;
    let published = Recorded::default();
    published.set_down(true);
    let running = Running::start(&store, &published);
    let relay = running.relay.clone();
    let counting = async {
        while relay.health().backlog != 10 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, counting).await.unwrap();
    running.stop().await;
    assert_eq!(relay.health().backlog, 0);
}

/// Expires the lease of a relay whose process has crashed.
async fn resign(store: &SqlStore<Db>) {
    let resign = AssertSqlSafe(format!("UPDATE {PREFIX}relay SET leased_until = 0"));
    sqlx::query(resign).execute(store.pool()).await.unwrap();
}

/// Rows that cannot be deleted take room, and are no reason to publish nothing.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_published_although_others_cannot_be_deleted() {
    let Some(store) = store().await else {
        return;
    };
    store_events(&store, numbers(0..1)).await;
    let keep = format!(
        "UPDATE {PREFIX}outbox SET published_at = 0;
         CREATE TABLE keeper (position BIGINT REFERENCES {PREFIX}outbox (position));
         INSERT INTO keeper SELECT position FROM {PREFIX}outbox"
    );
    let keep = sqlx::raw_sql(AssertSqlSafe(keep)).execute(store.pool());
    keep.await.unwrap();
    let published = Recorded::default();
    let running = Running::start(&store, &published);
    store_events(&store, numbers(1..3)).await;
    assert_eq!(published.until(2).await, numbers(1..3));
    running.stop().await;
}
