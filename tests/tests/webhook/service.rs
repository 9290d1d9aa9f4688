//! A service on an endpoint, with senders.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eventkit::transport::{Subscription, Transport};
use eventkit::{BoxError, CloudEvent, Dispatcher, Policy, Registry, State, handles};
use eventkit_service::memory::Memory;
use eventkit_service::{Outgoing, Service, ServiceBuilder, ServiceIssue};
use eventkit_webhook::{Endpoint, Sender};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::harness::{event, request, serve_until};

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct OrderPlaced {
    order_id: String,
}

#[derive(Debug, Clone, Default)]
struct Counts(Arc<[AtomicU32; 3]>);

impl Counts {
    fn add(&self, at: usize) -> u32 {
        self.0[at].fetch_add(1, Ordering::SeqCst) + 1
    }

    fn all(&self) -> [u32; 3] {
        [0, 1, 2].map(|at| self.0[at].load(Ordering::SeqCst))
    }
}

static SHOP: Registry = Registry::new("webhook shop");

#[handles(registry = SHOP)]
fn sound(_: &OrderPlaced, State(counts): State<Counts>) {
    counts.add(0);
}

#[handles(registry = SHOP)]
fn fails_twice(_: &OrderPlaced, State(counts): State<Counts>) -> Result<(), BoxError> {
    match counts.add(1) {
        1 | 2 => Err("not yet".into()),
        _ => Ok(()),
    }
}

/// A handler whose type does not fit the data.
#[handles("co.outcome.order.placed", registry = SHOP)]
fn wants_more(event: &eventkit::Event, State(counts): State<Counts>) -> Result<(), BoxError> {
    counts.add(2);
    event.data_as::<Vec<u8>>()?;
    Ok(())
}

#[tokio::test]
async fn publishing_completes_after_all_handlers_and_none_runs_twice() {
    let counts = Counts::default();
    let letters = Memory::new();
    let endpoint = Endpoint::builder().build().unwrap();
    let app = Dispatcher::new(&SHOP)
        .state(counts.clone())
        .build()
        .unwrap();
    let policy = Policy::new().initial_delay(Duration::from_millis(1));
    let service = Service::new("shop", &app)
        .transport(endpoint.clone())
        .dead_letter_publisher(letters.clone())
        .policy(policy.attempts(3))
        .build()
        .unwrap();
    let running = tokio::spawn(service.run_until(std::future::pending()));

    let (stop, stopped) = oneshot::channel::<()>();
    let (address, server) = serve_until(&endpoint, async { drop(stopped.await) }).await;
    let url = format!("http://{address}/");

    let order = OrderPlaced {
        order_id: "A-1".into(),
    };
    let event = order.to_event().unwrap();
    let sender = Sender::to(&url).attempts(20).build().unwrap();
    sender.publish(&event).await.unwrap();
    assert_eq!(counts.all(), [1, 3, 3]);
    // An event that a handler cannot handle is a dead letter here, and not an error for the sender.
    let subscription = Subscription::new("letters", ["eventkit.deadletter.shop"]);
    let mut consumer = letters.subscribe(&subscription).await.unwrap();
    let letter = consumer.next().await.unwrap().unwrap();
    let letter_handle = letter.handle;
    assert_eq!(letter.event.unwrap().id(), event.id());
    letter_handle.ack().await.unwrap();
    // The event is replayed only to the handler that failed.
    sender.publish(&event).await.unwrap();
    assert_eq!(counts.all(), [1, 3, 6]);
    let again = consumer.next().await.unwrap().unwrap().event.unwrap();
    assert_eq!(again.id(), event.id());

    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    // The service ends when its endpoint is closed.
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_event_with_any_attribute_is_handled() {
    let registry = Registry::new("webhook marks");
    let handled = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&handled);
    registry
        .with_name("all")
        .register("t", move |event: &eventkit::Event| {
            assert_eq!(event.extensions().len(), 2);
            count.fetch_add(1, Ordering::SeqCst);
        });
    let endpoint = Endpoint::builder().build().unwrap();
    let app = Dispatcher::new(&registry).build().unwrap();
    let service = Service::new("shop", &app)
        .transport(endpoint.clone())
        .dead_letter_publisher(Memory::new())
        .build()
        .unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(std::future::pending()));
    handle.ready().await;

    let marked = event("1")
        .to_builder()
        .extension("deadletterhandler", "shop--other")
        .extension("replayfor", "shop--other");
    let request = request(&marked.build().unwrap());
    assert_eq!(request.headers()["ce-replayfor"], "shop--other");
    assert_eq!(endpoint.respond(request).await.status(), 204);
    assert_eq!(handled.load(Ordering::SeqCst), 1);
    handle.stop();
    running.await.unwrap().unwrap();
}

static SENDING: Registry = Registry::new("webhook publisher");

#[handles(registry = SENDING)]
fn sends(_: &OrderPlaced, _: Outgoing) {}

static RETURNING: Registry = Registry::new("webhook publisher of what is returned");

#[handles(registry = RETURNING)]
fn returns(_: &OrderPlaced) -> Option<OrderPlaced> {
    None
}

#[test]
fn a_service_that_needs_a_publisher_is_refused_without_one() {
    for registry in [&SENDING, &RETURNING] {
        is_refused_without_a_publisher(&Dispatcher::new(registry).build().unwrap());
    }
}

fn is_refused_without_a_publisher(app: &Dispatcher) {
    let refused = |service: ServiceBuilder| -> Vec<&'static str> {
        let Err(error) = service.build() else {
            return Vec::new();
        };
        let messages = error.issues().iter().map(|issue| match issue {
            ServiceIssue::NoPublisher {
                transport,
                messages,
                reason,
            } => {
                assert_eq!(transport, "webhook");
                assert!(reason.contains("`EndpointBuilder::publisher`"), "{reason}");
                *messages
            }
            other => panic!("{other}"),
        });
        messages.collect()
    };
    let service = || {
        let endpoint = Endpoint::builder().build().unwrap();
        Service::new("shop", app).transport(endpoint)
    };
    assert_eq!(refused(service()), ["dead letters", "outgoing events"]);
    let letters = service().dead_letter_publisher(Memory::new());
    assert_eq!(refused(letters), ["outgoing events"]);
    let both = service().dead_letter_publisher(Memory::new());
    assert!(refused(both.outgoing_publisher(Memory::new())).is_empty());
    // Another endpoint without a publisher does not help.
    let endpoint = Endpoint::builder().build().unwrap();
    let other = service().outgoing_publisher(Memory::new());
    assert_eq!(
        refused(other.dead_letter_publisher(endpoint)),
        ["dead letters"]
    );
    let endpoint = Endpoint::builder().publisher(Memory::new());
    let whole = Service::new("shop", app).transport(endpoint.build().unwrap());
    assert!(refused(whole).is_empty());
}
