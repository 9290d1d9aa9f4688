//! The events that handlers return and send are in the report.

use std::fmt;
use std::sync::Mutex;
use std::task::{Context, Waker};

use eventkit::format::{Format, Json};
use eventkit::{
    BoxError, CloudEvent, Dispatcher, Event, Failure, HandlerError, Outgoing, OutgoingError,
    Registry, Report, handles,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "returns.placed", source = "/shop")]
struct Placed {
    items: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "returns.shipped", source = "/shop")]
struct Shipped {
    item: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "returns.refunded", source = "/shop")]
struct Refunded {
    cents: u32,
}

#[derive(Debug, CloudEvent)]
enum ShopEvent {
    Shipped(Shipped),
    Refunded(Box<Refunded>),
}

/// An event type that cannot be encoded.
#[derive(Debug, Clone, Deserialize, CloudEvent)]
#[cloudevent(type = "returns.broken", source = "/shop")]
struct Broken(u8);

impl Serialize for Broken {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(format!("no form of {}", self.0)))
    }
}

#[derive(Debug, HandlerError)]
#[dead_letter]
struct Undeliverable;

impl fmt::Display for Undeliverable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("undeliverable")
    }
}

impl std::error::Error for Undeliverable {}

fn types(report: &Report) -> Vec<&str> {
    report.events().iter().map(Event::ty).collect()
}

static KINDS: Registry = Registry::new("return types");

mod kinds {
    use super::*;

    type Alias = Result<Shipped, BoxError>;

    #[handles(registry = KINDS)]
    fn a_nothing(_: &Placed) {}

    #[handles(registry = KINDS)]
    fn b_one(order: &Placed) -> Shipped {
        Shipped { item: order.items }
    }

    #[handles(registry = KINDS)]
    async fn c_option(order: Placed) -> Option<Shipped> {
        (order.items > 2).then_some(Shipped { item: 2 })
    }

    #[handles(registry = KINDS)]
    fn d_all(order: &Placed) -> Vec<Shipped> {
        (0..order.items).map(|item| Shipped { item }).collect()
    }

    #[handles(registry = KINDS)]
    fn e_enum(_: &Placed) -> Vec<ShopEvent> {
        let refunded = Refunded { cents: 1 };
        vec![
            ShopEvent::Refunded(Box::new(refunded)),
            ShopEvent::Shipped(Shipped { item: 9 }),
        ]
    }

    #[handles(registry = KINDS)]
    async fn f_envelope(_: &Placed) -> Result<Event, impl Into<BoxError>> {
        Event::builder().source("/s").ty("returns.note").build()
    }

    #[handles(registry = KINDS)]
    fn g_decided(_: &Placed) -> Result<Option<Shipped>, Undeliverable> {
        Ok(None)
    }

    #[handles(registry = KINDS)]
    fn h_alias(_: &Placed) -> Alias {
        Ok(Shipped { item: 7 })
    }

    #[handles(registry = KINDS)]
    fn i_result_of_nothing(_: &Placed) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_kind_of_return_value_is_in_the_report() {
    let report = KINDS.dispatch_async(&Placed { items: 2 }).await.unwrap();
    let expected = [
        "returns.shipped",
        "returns.shipped",
        "returns.shipped",
        "returns.refunded",
        "returns.shipped",
        "returns.note",
        "returns.shipped",
    ];
    assert_eq!(types(&report), expected);
    assert_eq!(
        Shipped::try_from(&report.events()[0]).unwrap(),
        Shipped { item: 2 }
    );
    let ids: std::collections::HashSet<&str> = report.events().iter().map(Event::id).collect();
    assert_eq!(ids.len(), expected.len());
    let report = KINDS.dispatch_async(&Placed { items: 3 }).await.unwrap();
    assert_eq!(report.events().len(), expected.len() + 2);
}

static FAILING: Registry = Registry::new("returns that fail");

mod failing {
    use super::*;

    #[handles(registry = FAILING)]
    fn a_sent_and_returned(_: &Placed, outgoing: Outgoing<ShopEvent>) -> Shipped {
        outgoing.send(&Refunded { cents: 5 }).unwrap();
        Shipped { item: 1 }
    }

    #[handles(registry = FAILING)]
    fn b_half(_: &Placed, outgoing: Outgoing) -> Result<Shipped, Undeliverable> {
        outgoing.send(&Shipped { item: 2 }).unwrap();
        Err(Undeliverable)
    }

    #[handles(registry = FAILING)]
    fn c_cannot_be_encoded(_: &Placed, outgoing: Outgoing) -> Broken {
        outgoing.send(&Shipped { item: 3 }).unwrap();
        Broken(0)
    }

    #[handles(registry = FAILING)]
    fn d_panics(_: &Placed, outgoing: Outgoing) {
        outgoing.send(&Shipped { item: 4 }).unwrap();
        panic!("at last");
    }

    #[handles(registry = FAILING)]
    fn e_succeeds(_: &Placed) -> Shipped {
        Shipped { item: 5 }
    }
}

fn check_failing(report: &Report) {
    let items = report.events().iter().map(Event::ty);
    assert!(items.eq(["returns.refunded", "returns.shipped", "returns.shipped"]));
    let last = report.events().last().unwrap();
    assert_eq!(Shipped::try_from(last).unwrap(), Shipped { item: 5 });
    let failures: Vec<String> = report
        .failures()
        .map(|(_, own)| format!("{own:#}"))
        .collect();
    assert_eq!(
        failures,
        [
            "undeliverable",
            "failed to send the returned event of type \"returns.broken\": failed to encode the event: failed to encode the data: no form of 0",
            "panicked: at last",
        ]
    );
    let (_, first) = report.failures().next().unwrap();
    assert!(matches!(
        first,
        Failure::Error {
            decision: Some(_),
            ..
        }
    ));
}

#[tokio::test]
async fn events_of_failed_handlers_are_dropped() {
    let placed = Placed { items: 1 };
    let error = FAILING.dispatch(&placed).unwrap_err();
    check_failing(error.report().unwrap());
    let error = FAILING.dispatch_async(&placed).await.unwrap_err();
    check_failing(error.report().unwrap());
    let error = FAILING.dispatch(&placed.to_event().unwrap()).unwrap_err();
    check_failing(error.report().unwrap());
}

static CLOSURES: Registry = Registry::new("closures that return events");

#[tokio::test]
async fn closures_return_events_too() {
    CLOSURES.register("returns.placed", |event: &Event| {
        let items: u32 = event.data_as::<Placed>()?.items;
        Ok::<_, eventkit::DecodeError>(Shipped { item: items })
    });
    CLOSURES.register_typed(|order: &Placed| vec![Refunded { cents: order.items }]);
    CLOSURES.register_async("returns.placed", |_: Event| async {
        Some(Shipped { item: 1 })
    });
    CLOSURES.register_typed_async(|_: Placed| async { ShopEvent::Shipped(Shipped { item: 1 }) });
    let report = CLOSURES.dispatch_async(&Placed { items: 4 }).await.unwrap();
    assert_eq!(
        types(&report),
        [
            "returns.shipped",
            "returns.refunded",
            "returns.shipped",
            "returns.shipped"
        ]
    );
}

#[test]
fn a_key_can_only_be_used_once_even_with_random_ids() {
    let outgoing = Outgoing::<Shipped>::new();
    outgoing.send_with_key(&Shipped { item: 1 }, "a").unwrap();
    outgoing.send_with_key(&Shipped { item: 2 }, "b").unwrap();
    let error = outgoing.send_with_key(&Shipped { item: 2 }, "a");
    assert!(matches!(error, Err(OutgoingError::SameId(_))));
    // The same event with the same key is stored once.
    outgoing.send_with_key(&Shipped { item: 1 }, "a").unwrap();
    outgoing.send(&Shipped { item: 2 }).unwrap();
    let items = outgoing.events();
    let items = items
        .iter()
        .map(|event| Shipped::try_from(event).unwrap().item);
    assert!(items.eq([1, 2, 1, 2]));
}

#[derive(Debug, CloudEvent)]
enum AnyEvent {
    Shipped(Shipped),
    #[cloudevent(other)]
    Other(Event),
}

static RELAYING: Registry = Registry::new("relays");

#[handles("*", registry = RELAYING)]
fn relay(event: AnyEvent, outgoing: Outgoing<AnyEvent>) -> AnyEvent {
    outgoing.send_with_key(&event, "key").unwrap();
    event
}

#[test]
fn a_returned_event_that_a_builder_refuses_is_unchanged() {
    let json = r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/cloudevents+json","data_base64":"AA=="}"#;
    let event = Json.decode(json.into()).unwrap();
    event.to_builder().build().unwrap_err();
    let report = RELAYING.dispatch(&event).unwrap();
    assert_eq!(report.events(), [event.clone(), event]);
    let shipped = RELAYING.dispatch(&Shipped { item: 1 }).unwrap();
    assert_eq!(types(&shipped), [Shipped::TYPE, Shipped::TYPE]);
}

static NEVER: Registry = Registry::new("never returns");

mod never {
    use super::*;

    #[handles(registry = NEVER)]
    fn a_panics(order: &Placed) -> ! {
        panic!("{} items", order.items)
    }

    #[handles(registry = NEVER, emits(Shipped::TYPE))]
    async fn b_panics(_: &Placed) -> ! {
        std::future::ready(()).await;
        panic!("at last")
    }
}

#[tokio::test]
async fn a_handler_may_have_the_never_type() {
    let error = NEVER.dispatch_async(&Placed { items: 2 }).await;
    let failures = error.unwrap_err().to_string();
    assert!(failures.contains("panicked: 2 items"), "{failures}");
    assert!(failures.contains("panicked: at last"), "{failures}");
    let emits: Vec<&str> = NEVER
        .handlers()
        .flat_map(|own| own.emits().collect::<Vec<_>>())
        .collect();
    assert_eq!(emits, [Shipped::TYPE]);
}

static KEPT: Registry = Registry::new("kept");
static LEFT: Mutex<Option<Outgoing<Shipped>>> = Mutex::new(None);

#[handles(registry = KEPT)]
fn keep(_: &Placed, outgoing: Outgoing<Shipped>) {
    outgoing.send(&Shipped { item: 1 }).unwrap();
    *LEFT.lock().unwrap() = Some(outgoing);
}

#[test]
fn outgoing_is_closed_when_its_handler_ends() {
    let app = Dispatcher::new(&KEPT).build().unwrap();
    assert_eq!(
        app.dispatch(&Placed { items: 1 }).unwrap().events().len(),
        1
    );
    let outgoing = LEFT.lock().unwrap().take().unwrap();
    let error = outgoing.send(&Shipped { item: 2 });
    assert!(matches!(error, Err(OutgoingError::Closed)));
}

static STOPPED: Registry = Registry::new("stopped");
static LEFT_BY_STOPPED: Mutex<Option<Outgoing<Shipped>>> = Mutex::new(None);

#[handles(registry = STOPPED)]
async fn keep_and_wait(_: &Placed, outgoing: Outgoing<Shipped>) {
    *LEFT_BY_STOPPED.lock().unwrap() = Some(outgoing);
    std::future::pending::<()>().await;
}

#[test]
fn outgoing_is_closed_when_the_dispatch_is_dropped() {
    let order = Placed { items: 1 };
    let mut dispatch = Box::pin(STOPPED.dispatch_async(&order));
    let mut context = Context::from_waker(Waker::noop());
    assert!(dispatch.as_mut().poll(&mut context).is_pending());
    let outgoing = LEFT_BY_STOPPED.lock().unwrap().take().unwrap();
    outgoing.send(&Shipped { item: 1 }).unwrap();
    drop(dispatch);
    let error = outgoing.send(&Shipped { item: 2 });
    assert!(matches!(error, Err(OutgoingError::Closed)));
}
