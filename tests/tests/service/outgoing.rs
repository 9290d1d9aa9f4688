//! Outgoing events are published if the handler succeeds, with the attributes of their cause.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use eventkit::transport::{Subscription, Transport};
use eventkit::{CloudEvent, Dispatcher, Event, Registry, handles};
use eventkit_service::memory::{Faults, Memory};
use eventkit_service::{Outgoing, OutgoingError, Service};
use serde::{Deserialize, Serialize};

use super::event;
use super::harness::{Running, TestHarness, wait_until};

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "shipped", source = "/shop")]
struct Shipped {
    order: String,
}

static SHIPPING: Registry = Registry::new("shipping");
static RUNS: AtomicU32 = AtomicU32::new(0);

#[handles("placed", registry = SHIPPING, retry(attempts = 50, initial_delay = "1ms", max_delay = "1ms"))]
async fn ship(event: &Event, outgoing: Outgoing) -> Result<(), OutgoingError> {
    outgoing.send(&Shipped {
        order: event.id().to_owned(),
    })?;
    if let Some(copy) = event.subject() {
        outgoing.send_event(super::event("copied", copy))?;
    }
    // Every other run fails after it has sent its events.
    if RUNS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
        return Err(OutgoingError::Closed);
    }
    Ok(())
}

static LEAKY: Registry = Registry::new("leaky");
static LEFT: Mutex<Option<Outgoing>> = Mutex::new(None);

#[handles("t", registry = LEAKY)]
fn leak(_event: &Event, outgoing: Outgoing) {
    *LEFT.lock().unwrap() = Some(outgoing);
}

fn service(memory: &Memory) -> eventkit_service::ServiceBuilder {
    let app = Dispatcher::new(&SHIPPING).build().unwrap();
    Service::new("shipping", &app).transport(memory.clone())
}

/// Returns the published events of a type.
async fn sent(memory: &Memory, count: usize) -> Vec<Event> {
    let subscription = Subscription::new("looker", ["shipped", "copied"]);
    let mut consumer = memory.subscribe(&subscription).await.unwrap();
    let mut events = Vec::new();
    for _ in 0..count {
        let incoming = consumer.next().await.unwrap().unwrap();
        events.push(incoming.event.unwrap());
        incoming.handle.ack().await.unwrap();
    }
    events
}

#[tokio::test(start_paused = true)]
async fn events_are_published_once_with_the_attributes_of_their_cause() {
    let memory = Memory::new();
    let harness = TestHarness::on(memory.clone());
    let _service = Running::start(service(&memory)).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let placed = event("placed", "A-1")
        .to_builder()
        .subject("c-1")
        .extension("traceparent", trace)
        .extension("tracestate", "a=1")
        .extension("correlationid", "flow-7")
        .build()
        .unwrap();
    harness.publish(&placed).await;
    let events = sent(&memory, 2).await;
    for (event, ty) in events.iter().zip(["shipped", "copied"]) {
        assert_eq!(event.ty(), ty);
        for (name, value) in [
            ("correlationid", "flow-7"),
            ("causationid", "A-1"),
            ("traceparent", trace),
            ("tracestate", "a=1"),
        ] {
            assert_eq!(event.extension(name).unwrap(), &value, "{name}");
        }
    }
    assert_eq!(events[1].id(), "c-1");
    wait_until(|| memory.is_empty()).await;

    let flowless = event("placed", "A-2");
    harness.publish(&flowless).await;
    let events = sent(&memory, 1).await;
    assert_eq!(events[0].extension("correlationid").unwrap(), &"A-2");
    assert_eq!(events[0].extension("traceparent"), None);
    wait_until(|| memory.is_empty()).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_confirmation_does_not_store_an_event_twice() {
    let memory = Memory::new();
    let harness = TestHarness::on(memory.clone());
    let service = Running::start(service(&memory)).await;
    // Half of the messages are stored without a confirmation, so they are published again.
    memory.set_faults(Faults::seeded(5).lose_confirmation(0.5));
    for id in 0..20 {
        let mut sent = false;
        while !sent {
            let event = event("placed", id.to_string());
            sent = eventkit::transport::Publisher::publish_event(&harness.memory, &event)
                .await
                .is_ok();
        }
    }
    wait_until(|| memory.unsettled("shipping--service-outgoing-ship") == 0).await;
    memory.set_faults(Faults::default());
    let events = sent(&memory, 20).await;
    let mut orders: Vec<u32> = events
        .iter()
        .map(|event| Shipped::try_from(event).unwrap().order.parse().unwrap())
        .collect();
    orders.sort_unstable();
    assert!(orders.into_iter().eq(0..20));
    assert!(memory.is_empty());
    assert_eq!(service.handle.health().counters().succeeded, 20);
}

#[tokio::test(start_paused = true)]
async fn outgoing_is_closed_when_its_handler_ends() {
    let harness = TestHarness::new();
    let app = Dispatcher::new(&LEAKY).build().unwrap();
    let service = Service::new("leaky", &app).transport(harness.memory.clone());
    let _service = Running::start(service).await;
    harness.publish(&event("t", "1")).await;
    harness.drained().await;
    let outgoing = LEFT.lock().unwrap().take().unwrap();
    assert!(matches!(
        outgoing.send_event(event("t", "2")),
        Err(OutgoingError::Closed)
    ));
}
