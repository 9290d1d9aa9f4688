//! Enums with a variant for the events of all other types.

use eventkit::binding::http;
use eventkit::event::Data;
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, DecodeErrorKind, Event, Registry, handles};
use serde::{Deserialize, Serialize};

use crate::assert_round_trip;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct Placed {
    order: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.paid", source = "/shop")]
struct Paid {
    cents: u64,
}

#[derive(Debug, Clone, PartialEq, CloudEvent)]
enum OrderEvent {
    Placed(Placed),
    #[cloudevent(other)]
    Other(Event),
    Paid(Box<Paid>),
}

#[derive(Debug, Clone, PartialEq, CloudEvent)]
enum BoxedOther<T> {
    Held(T),
    #[cloudevent(other)]
    Unknown(Box<Event>),
}

fn shipped() -> Event {
    Event::builder()
        .id("7")
        .source("/shop")
        .ty("co.outcome.order.shipped")
        .subject("A-1")
        .without_time()
        .extension("n", 7)
        .data_json(&["book"])
        .unwrap()
        .build()
        .unwrap()
}

#[test]
fn an_event_of_another_type_is_kept_unchanged() {
    let other = OrderEvent::Other(shipped());
    assert_eq!(OrderEvent::TYPES, [Placed::TYPE, Paid::TYPE]);
    assert_eq!(other.event_type(), "co.outcome.order.shipped");
    assert_eq!(OrderEvent::try_from(shipped()).unwrap(), other);
    assert_eq!(other.to_event().unwrap(), shipped());
    assert_round_trip(&other);
    assert_round_trip(&OrderEvent::Placed(Placed { order: 1 }));
    assert_round_trip(&OrderEvent::Paid(Box::new(Paid { cents: 1 })));

    assert_round_trip(&BoxedOther::<Paid>::Unknown(Box::new(shipped())));
    assert_round_trip(&BoxedOther::Held(Paid { cents: 1 }));
}

#[test]
fn every_encoder_and_decoder_supports_other_events() {
    let other = OrderEvent::Other(shipped());
    let bytes = Json.encode(&shipped()).unwrap();
    assert_eq!(Json.decode_as::<OrderEvent>(&bytes).unwrap(), other);
    assert_eq!(Json.encode_typed(&other).unwrap(), bytes);

    for message in [
        http::encode_binary(&shipped()).unwrap(),
        http::encode_structured(&shipped(), &Json).unwrap(),
    ] {
        let read = http::decode_as::<OrderEvent>(&message.headers, message.body);
        assert_eq!(read.unwrap(), other);
    }
}

#[test]
fn an_event_that_a_builder_refuses_is_kept_unchanged() {
    let json = r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/cloudevents+json","data_base64":"AA=="}"#;
    let event = Json.decode(json.into()).unwrap();
    event.to_builder().build().unwrap_err();
    let other = OrderEvent::try_from(&event).unwrap();
    assert_eq!(other.to_event().unwrap(), event);
}

#[test]
fn errors_of_known_types_and_invalid_events_are_unchanged() {
    let misfit = Event::builder().source("/s").ty(Placed::TYPE);
    let misfit = misfit.data(Data::text("no")).build().unwrap();
    let error = OrderEvent::try_from(misfit).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Data);
    for json in [
        "{}",
        r#"{"specversion":"1.0","type":"t"}"#,
        "[",
        r#"{"type":"t"}"#,
    ] {
        Json.decode_as::<OrderEvent>(json.as_bytes()).unwrap_err();
    }
}

static OTHERS: Registry = Registry::new("others");

#[handles("co.outcome.order.*", registry = OTHERS, order = 1)]
fn borrowed(event: &OrderEvent) -> Result<(), String> {
    Err(format!("{event:?}"))
}

#[allow(clippy::unused_async, reason = "an async handler is what is tested")]
#[handles("co.outcome.order.*", "co.outcome.odd", registry = OTHERS, order = 2)]
async fn owned(event: OrderEvent) -> Result<(), String> {
    Err(format!("{event:?}"))
}

#[handles(registry = OTHERS, order = 3)]
fn known(event: &OrderEvent) -> Result<(), String> {
    Err(format!("{event:?}"))
}

#[handles("*", registry = OTHERS, order = 4)]
fn envelope(event: &Event) -> Result<(), String> {
    Err(event.ty().to_owned())
}

async fn failures<E: eventkit::Dispatch>(event: &E) -> Vec<String> {
    let error = OTHERS.dispatch_async(event).await.unwrap_err();
    let report = error.report().unwrap();
    let failures = report.failures().map(|(_, failure)| failure.to_string());
    failures.collect()
}

#[tokio::test]
async fn handlers_take_other_events_of_the_types_they_name() {
    let other = OrderEvent::Other(shipped());
    let shown = format!("{other:?}");
    let expected = [&shown, &shown, "co.outcome.order.shipped"];
    assert_eq!(failures(&shipped()).await, expected);
    assert_eq!(failures(&other).await, expected);

    let placed = OrderEvent::Placed(Placed { order: 1 });
    let shown = format!("{placed:?}");
    let expected = [&shown, &shown, &shown, Placed::TYPE];
    assert_eq!(failures(&placed.to_event().unwrap()).await, expected);
    assert_eq!(failures(&placed).await, expected);
    assert_eq!(failures(&Placed { order: 1 }).await, expected);

    let odd = shipped().to_builder().ty("co.outcome.odd").build().unwrap();
    let shown = format!("{:?}", OrderEvent::Other(odd.clone()));
    assert_eq!(failures(&odd).await, [&shown, "co.outcome.odd"]);
}

/// A value whose type the enum does not name.
#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.shipped", source = "/shop")]
struct Shipped;

#[tokio::test]
async fn a_typed_value_of_another_type_is_encoded_for_such_handlers() {
    let failures = failures(&Shipped).await;
    assert_eq!(failures.len(), 3);
    assert!(failures[0].starts_with("Other(Event"), "{}", failures[0]);
    assert_eq!(failures[2], Shipped::TYPE);
}
