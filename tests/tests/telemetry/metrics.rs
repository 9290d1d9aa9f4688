//! Metrics, which equal the health.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eventkit::{Event, HandlerError, Policy, Registry, handles};
use eventkit_service::memory::Memory;
use eventkit_service::{Counters, SubscriptionState};

use super::receiver::{Point, Telemetry, start};

#[derive(Debug, thiserror::Error, HandlerError)]
enum WorkError {
    #[error("again")]
    #[retry(after = "1ms")]
    Again,
    #[error("never")]
    #[drop]
    Never,
    #[error("broken")]
    #[dead_letter]
    Broken,
}

static WORK: Registry = Registry::new("telemetry-work");
static CALLS: AtomicU32 = AtomicU32::new(0);

#[handles(
    "work",
    registry = WORK,
    name = "work",
    filter = "id <> 'skipped'",
    retry(attempts = 3, initial_delay = "1ms")
)]
fn work(event: &Event) -> Result<(), WorkError> {
    match event.id() {
        "never" => Err(WorkError::Never),
        "broken" => Err(WorkError::Broken),
        "again" if CALLS.fetch_add(1, Ordering::Relaxed) == 0 => Err(WorkError::Again),
        _ => Ok(()),
    }
}

fn event(id: &str) -> Event {
    let event = Event::builder().id(id).source("/tests").ty("work");
    event.build().unwrap()
}

/// Returns the values of a metric by an attribute.
fn by<'p>(points: &'p [Point], metric: &str, attribute: &str) -> BTreeMap<&'p str, f64> {
    let points = points.iter().filter(|point| point.metric == metric);
    points
        .map(|point| (point.attribute(attribute), point.value))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "the counts are small")]
fn expected(counters: &Counters) -> BTreeMap<&'static str, f64> {
    BTreeMap::from([
        ("succeeded", counters.succeeded as f64),
        ("filtered", counters.filtered as f64),
        ("retried", counters.retried as f64),
        ("dead_lettered", counters.dead_lettered as f64),
        ("dropped", counters.dropped as f64),
        ("duplicate", counters.duplicates as f64),
        ("released", counters.released as f64),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counts_equal_the_health() {
    let Some(telemetry) = Telemetry::shared() else {
        return;
    };
    let memory = Memory::new();
    let service = start(&WORK, "metrics", |service| {
        service.transport(memory.clone())
    })
    .await;
    for id in ["fine", "again", "never", "broken", "skipped"] {
        memory.publish(&event(id)).await.unwrap();
    }
    let health = service.wait_for(|health| {
        let counters = health.counters();
        counters.received == 6 && counters.in_flight == 0
    });
    let counters = health.await.counters();
    assert_eq!(
        (counters.succeeded, counters.retried, counters.dropped),
        (2, 1, 1)
    );
    assert_eq!((counters.dead_lettered, counters.filtered), (1, 1));

    let is_of_it =
        |point: &Point| point.attribute("messaging.consumer.group.name") == "metrics--work";
    let points = telemetry.points(is_of_it).await;
    let outcomes = by(&points, "eventkit.processed.messages", "eventkit.outcome");
    assert_eq!(outcomes, expected(&counters));
    let system = |metric| by(&points, metric, "messaging.system");
    let memory_only = |value| BTreeMap::from([("memory", value)]);
    assert_eq!(
        system("messaging.client.consumed.messages"),
        memory_only(6.0)
    );
    assert_eq!(system("eventkit.in_flight.messages"), memory_only(0.0));
    assert_eq!(system("eventkit.lag.messages"), memory_only(0.0));
    assert_eq!(system("eventkit.delayed.messages"), memory_only(0.0));
    assert_eq!(system("eventkit.subscription.ready"), memory_only(1.0));
    assert_eq!(system("eventkit.unconfirmed.settlements"), memory_only(0.0));
    let durations = by(&points, "messaging.process.duration", "error.type");
    assert_eq!(durations, BTreeMap::from([("", 3.0), ("error", 3.0)]));
    let settled = by(
        &points,
        "messaging.client.operation.duration",
        "messaging.operation.name",
    );
    let all: f64 = settled.values().sum();
    assert!((5.5..6.5).contains(&all), "{settled:?}");
    assert!(settled["ack"] >= 3.0, "{settled:?}");
    for point in &points {
        assert_eq!(point.attribute("messaging.destination.name"), "memory");
        if point.metric.ends_with(".duration") {
            assert_eq!((&*point.unit, &*point.kind), ("s", "histogram"));
            assert!(point.sum.unwrap() > 0.0);
        }
    }

    let handle = service.handle.clone();
    service.stop().await;
    let points = telemetry.points(is_of_it).await;
    let states = by(&points, "eventkit.subscription.state", "eventkit.state");
    assert_eq!((states["stopped"], states["running"]), (1.0, 0.0));
    assert_eq!(states.len(), 6);
    drop(handle);
}

static BROKEN: Registry = Registry::new("telemetry-broken");

#[tokio::test(flavor = "multi_thread")]
async fn an_open_circuit_breaker_is_a_state() {
    let Some(telemetry) = Telemetry::shared() else {
        return;
    };
    let policy = Policy::new().circuit_breaker(2, Duration::from_hours(1));
    BROKEN
        .with_name("fail")
        .policy(
            policy
                .initial_delay(Duration::from_millis(1))
                .concurrency(1),
        )
        .register("work", |_: &Event| Err::<(), _>("always"));
    let memory = Memory::new();
    let service = start(&BROKEN, "breaker", |service| {
        service.transport(memory.clone())
    })
    .await;
    for id in ["1", "2", "3"] {
        memory.publish(&event(id)).await.unwrap();
    }
    let paused =
        service.wait_for(|health| health.subscriptions[0].state == SubscriptionState::Paused);
    paused.await;
    // Those beyond the messages in flight wait in the transport.
    for number in 4..50 {
        memory.publish(&event(&number.to_string())).await.unwrap();
    }
    let points = telemetry
        .points(|point| point.attribute("messaging.consumer.group.name") == "breaker--fail");
    let points = points.await;
    let states = by(&points, "eventkit.subscription.state", "eventkit.state");
    assert_eq!((states["paused"], states["running"]), (1.0, 0.0));
    let lag = service.handle.health().subscriptions[0].lag.unwrap();
    assert!(lag > 40, "{lag}");
    let lag = BTreeMap::from([("memory", f64::from(u32::try_from(lag).unwrap()))]);
    assert_eq!(
        by(&points, "eventkit.lag.messages", "messaging.system"),
        lag
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn published_events_are_counted_by_destination_and_error() {
    let Some(telemetry) = Telemetry::shared() else {
        return;
    };
    // Its name is in no other test.
    let sender = eventkit_webhook::Sender::to("http://127.0.0.1:9/counted?access_token=x")
        .attempts(1)
        .build()
        .unwrap();
    for id in ["1", "2"] {
        sender.publish(&event(id)).await.unwrap_err();
    }
    let points = telemetry.points(|point| {
        point.attribute("messaging.destination.name") == "http://127.0.0.1:9/counted"
    });
    let points = points.await;
    let sent = by(&points, "messaging.client.sent.messages", "error.type");
    assert_eq!(sent, BTreeMap::from([("unavailable", 2.0)]));
    let took = by(&points, "messaging.client.operation.duration", "error.type");
    assert_eq!(took, BTreeMap::from([("unavailable", 2.0)]));
}
