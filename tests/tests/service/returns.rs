//! Returned events are published like sent ones.

use std::sync::atomic::{AtomicU32, Ordering};

use eventkit::transport::TransportErrorKind;
use eventkit::{CloudEvent, Dispatcher, Event, Outgoing, Policy, Registry, handles};
use eventkit_service::memory::Memory;
use eventkit_service::{Service, ServiceBuilder};
use serde::{Deserialize, Serialize, Serializer};

use super::event;
use super::harness::{FailingPublisher, Fault, Running, TestHarness, take_all};

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "shipped", source = "/shop")]
struct Shipped {
    order: String,
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "labelled", source = "/shop")]
struct Labelled {
    box_number: u8,
}

/// An event type that cannot be encoded.
#[derive(Debug, Deserialize, CloudEvent)]
#[cloudevent(type = "broken", source = "/shop")]
struct Broken(u8);

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(format!(
            "cannot serialize {}",
            self.0
        )))
    }
}

fn service(registry: &Registry, harness: &TestHarness) -> ServiceBuilder {
    let app = Dispatcher::new(registry).build().unwrap();
    let policy = Policy::new().initial_delay(std::time::Duration::from_millis(1));
    Service::new("tests", &app)
        .transport(harness.memory.clone())
        .policy(policy)
}

static SHIPPING: Registry = Registry::new("returned by a service");

#[handles("placed", registry = SHIPPING)]
async fn ship(event: &Event, outgoing: Outgoing<Labelled>) -> Shipped {
    for box_number in [1, 1] {
        outgoing.send(&Labelled { box_number }).unwrap();
    }
    Shipped {
        order: event.id().to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn returned_events_have_the_ids_and_attributes_of_outgoing_events() {
    let harness = TestHarness::new();
    let out = Memory::new();
    // The returned event is rejected at first, so the handler runs twice.
    let rejected = AtomicU32::new(0);
    let publisher = FailingPublisher::new(&out, move |ty| {
        if ty == "shipped" && rejected.fetch_add(1, Ordering::Relaxed) == 0 {
            Fault::Refused(TransportErrorKind::Rejected)
        } else {
            Fault::None
        }
    });
    let service = service(&SHIPPING, &harness).outgoing_publisher(publisher);
    let service = Running::start(service).await;
    harness.publish(&event("placed", "A-1")).await;
    harness.drained().await;
    assert_eq!(service.handle.health().counters().retried, 1);
    let stored = take_all(&out).await;
    let types: Vec<&str> = stored.iter().map(Event::ty).collect();
    assert_eq!(types, ["labelled", "labelled", "shipped"]);
    for event in &stored {
        assert_eq!(event.extension("causationid").unwrap(), &"A-1");
        assert_eq!(event.extension("correlationid").unwrap(), &"A-1");
    }
}

static BROKEN: Registry = Registry::new("broken returns");

#[handles("placed", registry = BROKEN, retry(attempts = 2))]
fn break_down(_event: &Event) -> Vec<Result<Broken, String>> {
    vec![Ok(Broken(1)), Err("not reached".to_owned())]
}

#[handles("paid", registry = BROKEN, retry(attempts = 2))]
fn break_down_late(_event: &Event, outgoing: Outgoing) -> Option<Broken> {
    outgoing.send(&Labelled { box_number: 1 }).unwrap();
    Some(Broken(1))
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_encoded_fails_its_handler_before_publishing() {
    let harness = TestHarness::new();
    let out = Memory::new();
    let service = service(&BROKEN, &harness).outgoing_publisher(out.clone());
    let _service = Running::start(service).await;
    harness.publish(&event("placed", "1")).await;
    harness.publish(&event("paid", "2")).await;
    for letter in harness.dead(2).await {
        assert_eq!(letter.attempts, 2);
        assert!(
            letter
                .error
                .starts_with("failed to send the returned event of type \"broken\""),
            "{}",
            letter.error
        );
    }
    assert!(take_all(&out).await.is_empty());
}

static CLOSURES: Registry = Registry::new("closures of a service");

#[tokio::test(start_paused = true)]
async fn closures_publish_the_events_they_return() {
    let harness = TestHarness::new();
    let out = Memory::new();
    let shipped = |event: &Event| Shipped {
        order: event.id().to_owned(),
    };
    CLOSURES.with_name("sync").register("placed", shipped);
    CLOSURES
        .with_name("async")
        .register_async("placed", move |event| async move { Some(shipped(&event)) });
    let service = service(&CLOSURES, &harness).outgoing_publisher(out.clone());
    let _service = Running::start(service).await;
    harness.publish(&event("placed", "1")).await;
    harness.drained().await;
    let stored = take_all(&out).await;
    assert_eq!(stored.len(), 2);
    assert_ne!(stored[0].id(), stored[1].id());
}
