//! The status and the outcome of messages whose handlers fail.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eventkit::transport::{Publisher, RawMessage};
use eventkit::{Event, Policy, Registry};
use eventkit_service::memory::Memory;

use super::receiver::{Span, Telemetry, start};

fn event(ty: &str, id: &str) -> Event {
    let event = Event::builder().id(id).source("/tests").ty(ty);
    event.build().unwrap()
}

/// Returns name, status, type of the error and outcome.
fn of(span: &Span) -> [&str; 4] {
    let attribute = |name| span.attribute(name);
    [
        attribute("messaging.operation.name"),
        &span.status,
        attribute("error.type"),
        attribute("eventkit.outcome"),
    ]
}

static FAILING: Registry = Registry::new("telemetry-failing");

#[tokio::test(flavor = "multi_thread")]
async fn each_delivery_says_how_it_ended() {
    let Some(telemetry) = Telemetry::shared() else {
        return;
    };
    let calls = AtomicU32::new(0);
    let policy = Policy::new()
        .attempts(3)
        .initial_delay(Duration::from_millis(1));
    FAILING
        .with_name("recover")
        .policy(policy)
        .register("recovers", move |_: &Event| {
            match calls.fetch_add(1, Ordering::Relaxed) {
                0 => Err("not yet"),
                1 => panic!("not yet either"),
                _ => Ok(()),
            }
        });
    FAILING
        .with_name("hang")
        .policy(Policy::new().attempts(1).timeout(Duration::from_millis(10)))
        .register_async("hangs", |_: Event| std::future::pending::<()>());
    let memory = Memory::new();
    let service = start(&FAILING, "failing", |service| {
        service.transport(memory.clone())
    })
    .await;
    memory
        .publish(&event("recovers", "recovers-1"))
        .await
        .unwrap();
    memory.publish(&event("hangs", "hangs-1")).await.unwrap();
    let invalid = RawMessage::new(Vec::new(), "not an event");
    memory.publish_raw("recovers", &invalid).await.unwrap();
    let health = service.wait_for(|health| {
        let counters = health.counters();
        counters.succeeded == 1 && counters.dead_lettered == 2 && counters.in_flight == 0
    });
    assert_eq!(health.await.counters().retried, 2);
    service.stop().await;

    let is_processed = |span: &Span, group: &str| {
        span.operation() == "process" && span.attribute("messaging.consumer.group.name") == group
    };
    let spans = telemetry.spans(4, |span| is_processed(span, "failing--recover"));
    let spans = spans.await;
    let deliveries: Vec<&Span> = spans.iter().filter(|span| span.event_id() != "").collect();
    let outcomes: Vec<[&str; 4]> = deliveries.iter().map(|span| of(span)).collect();
    assert_eq!(
        outcomes,
        [
            ["process", "STATUS_CODE_ERROR", "error", "retried"],
            ["process", "STATUS_CODE_ERROR", "panic", "retried"],
            ["process", "STATUS_CODE_UNSET", "", "succeeded"],
        ]
    );
    let invalid = spans.iter().find(|span| span.event_id() == "").unwrap();
    let expected = ["process", "STATUS_CODE_ERROR", "decode", "dead_lettered"];
    assert_eq!(of(invalid), expected);
    let settled = telemetry
        .spans(1, |span| span.parent_id == invalid.id)
        .await;
    assert_eq!(settled[0].name, "terminate memory");

    let spans = telemetry
        .spans(1, |span| is_processed(span, "failing--hang"))
        .await;
    let expected = ["process", "STATUS_CODE_ERROR", "timeout", "dead_lettered"];
    assert_eq!(of(&spans[0]), expected);
}

static ORDERED: Registry = Registry::new("telemetry-ordered");

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_recovers_in_its_place_has_succeeded() {
    let Some(telemetry) = Telemetry::shared() else {
        return;
    };
    let calls = AtomicU32::new(0);
    let policy = Policy::new().key("subject");
    ORDERED
        .with_name("keyed")
        .policy(policy.initial_delay(Duration::from_millis(1)))
        .register("t", move |_: &Event| {
            match calls.fetch_add(1, Ordering::Relaxed) {
                0 => Err("not yet"),
                _ => Ok(()),
            }
        });
    let memory = Memory::new();
    let service = start(&ORDERED, "ordered", |service| {
        service.transport(memory.clone())
    })
    .await;
    memory
        .publish(
            &event("t", "ordered-1")
                .to_builder()
                .subject("k")
                .build()
                .unwrap(),
        )
        .await
        .unwrap();
    service
        .wait_for(|health| health.counters().succeeded == 1)
        .await;
    service.stop().await;
    let spans = telemetry.spans(1, |span| {
        span.event_id() == "ordered-1" && span.operation() == "process"
    });
    let spans = spans.await;
    let expected = ["process", "STATUS_CODE_UNSET", "", "succeeded"];
    assert_eq!(spans.iter().map(of).collect::<Vec<_>>(), [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_published_is_a_failed_span() {
    let Some(telemetry) = Telemetry::shared() else {
        return;
    };
    let memory = Memory::new();
    memory.close();
    memory.publish(&event("t", "closed-1")).await.unwrap_err();
    let rejected = event("eventkit.deadletter.x", "reserved-1");
    memory.publish(&rejected).await.unwrap_err();
    for (id, error) in [("closed-1", "unavailable"), ("reserved-1", "rejected")] {
        let spans = telemetry.spans(1, |span| span.event_id() == id).await;
        assert_eq!(of(&spans[0]), ["publish", "STATUS_CODE_ERROR", error, ""]);
    }
}
