//! Derived types round-trip like events.

use eventkit::binding::http::{self, decode_as, encode_binary, encode_structured};
use eventkit::event::Timestamp;
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, Event};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema;
use super::strategy::{json, text, timestamp};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.shipped", source = "/shop", region = "eu")]
#[serde(rename_all = "camelCase")]
struct Shipped {
    #[cloudevent(id)]
    order_id: String,
    #[cloudevent(subject)]
    customer: Option<String>,
    #[cloudevent(time)]
    left_at: Timestamp,
    #[cloudevent(extension)]
    priority: Option<i32>,
    #[cloudevent(extension)]
    express: bool,
    #[cloudevent(extension = "total", keep)]
    total_cents: u64,
    lines: Vec<(String, i64)>,
    note: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.noted",
    source = "/shop",
    datacontenttype = "text/plain"
)]
#[serde(transparent)]
struct Noted(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.tag",
    source = "/shop",
    datacontenttype = "text/plain"
)]
struct Tag(Option<String>);

#[derive(Debug, Clone, PartialEq, CloudEvent)]
enum OrderEvent {
    Shipped(Shipped),
    Noted(Noted),
}

fn shipped() -> impl Strategy<Value = Shipped> {
    let attributes = (
        text(),
        option::of(text()),
        timestamp(),
        any::<Option<i32>>(),
        any::<bool>(),
        // Up to the maximum of an Integer.
        0..=u64::from(i32::MAX.unsigned_abs()),
    );
    let data = (vec((any::<String>(), any::<i64>()), 0..3), json());
    (attributes, data).prop_map(|(attributes, (lines, note))| {
        let (order_id, customer, left_at, priority, express, total_cents) = attributes;
        Shipped {
            order_id,
            customer,
            left_at,
            priority,
            express,
            total_cents,
            lines,
            note,
        }
    })
}

fn order_event() -> impl Strategy<Value = OrderEvent> {
    prop_oneof![
        shipped().prop_map(OrderEvent::Shipped),
        any::<String>().prop_map(|note| OrderEvent::Noted(Noted(note))),
    ]
}

/// Asserts that a value round-trips in every mode, for a receiver that knows its type.
fn assert_survives<T: CloudEvent + PartialEq + std::fmt::Debug>(value: &T) {
    let event = value.to_event().unwrap();
    assert_eq!(T::from_event(&event).unwrap(), *value);

    let text = Json.encode(&event).unwrap();
    schema::check(&text);
    assert_eq!(Json.decode_as::<T>(&text).unwrap(), *value);
    let decoded = Json.decode(text).unwrap();
    assert_eq!(decoded, event);
    assert_eq!(T::from_event(&decoded).unwrap(), *value);

    for message in [
        encode_binary(&event).unwrap(),
        encode_structured(&event, &Json).unwrap(),
    ] {
        let straight = decode_as::<T>(&message.headers, message.body.clone());
        assert_eq!(straight.unwrap(), *value);
        let received: Event = http::decode(&message.headers, message.body).unwrap();
        assert_eq!(received, event);
        assert_eq!(T::from_event(&received).unwrap(), *value);
    }
}

proptest! {
    #[test]
    fn a_struct_with_attribute_fields_round_trips(value in shipped()) {
        assert_survives(&value);
        let event = value.to_event().unwrap();
        eventkit_tests::round_trip::assert_survives(&event);
    }

    #[test]
    fn an_option_under_a_text_type_round_trips_or_is_refused(text in any::<Option<String>>()) {
        let tag = Tag(text);
        match tag.to_event() {
            Ok(_) => assert_survives(&tag),
            Err(error) => prop_assert!(tag.0.is_none(), "{}", error),
        }
    }

    #[test]
    fn an_enum_round_trips(value in order_event()) {
        assert_survives(&value);
    }
}
