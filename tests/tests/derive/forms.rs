//! The forms of a struct: named fields, unnamed fields, no fields.

use eventkit::{CloudEvent, Event};
use serde::{Deserialize, Serialize};

use crate::{assert_round_trip, encoded};

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    order_id: String,
    total_cents: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.point", source = "/map")]
struct Point(i32, i32);

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.count", source = "/clock")]
struct Count(u8);

#[derive(Debug, PartialEq, CloudEvent)]
#[cloudevent(
    type = "co.outcome.tick",
    source = "/clock",
    dataschema = "https://example.com/tick"
)]
struct Tick;

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.empty", source = "/clock")]
struct Empty {}

#[test]
fn named_fields_are_the_members_of_the_data() {
    let order = OrderPlaced {
        order_id: "A-1".into(),
        total_cents: 1250,
    };
    let (event, data) = encoded(&order);

    assert_eq!(event.ty(), "co.outcome.order.placed");
    assert_eq!(event.source(), "/shop/orders");
    assert_eq!(event.data_content_type(), Some("application/json"));
    assert_eq!(data, r#"{"order_id":"A-1","total_cents":1250}"#);
    assert_round_trip(&order);
}

#[test]
fn a_tuple_struct_is_encoded_as_an_array() {
    assert_eq!(encoded(&Point(1, -2)).1, "[1,-2]");
    assert_round_trip(&Point(1, -2));
}

#[test]
fn a_newtype_is_encoded_as_its_content() {
    assert_eq!(encoded(&Count(7)).1, "7");
    assert_round_trip(&Count(7));
}

#[test]
fn a_struct_without_named_fields_is_an_empty_object() {
    assert_eq!(encoded(&Empty {}).1, "{}");
    assert_round_trip(&Empty {});
}

#[test]
fn a_unit_struct_is_an_event_without_data() {
    let event = Tick.to_event().unwrap();

    assert_eq!(event.data(), None);
    assert_eq!(event.data_content_type(), None);
    assert_eq!(event.data_schema(), Some("https://example.com/tick"));
    assert_round_trip(&Tick);
}

#[test]
fn a_unit_struct_ignores_data() {
    let tick = || Event::builder().source("/clock").ty(Tick::TYPE);
    let none = tick().build().unwrap();
    let null = tick().data_json(&()).unwrap().build().unwrap();
    let object = tick().data_json(&Empty {}).unwrap().build().unwrap();
    let text = tick().data_text("tock").build().unwrap();
    let bytes = tick().data_bytes(vec![0]).build().unwrap();
    let image = tick()
        .data_content_type("image/png")
        .data_bytes(vec![0])
        .build()
        .unwrap();

    for event in [none, null, object, text, bytes, image] {
        assert_eq!(Tick::try_from(&event).unwrap(), Tick, "{event:?}");
    }
}

#[test]
fn an_event_of_another_type_is_refused() {
    let event = Event::builder()
        .source("/clock")
        .ty("co.outcome.tock")
        .build()
        .unwrap();
    let error = Tick::try_from(&event).unwrap_err();

    let expected = r#"the event is of type "co.outcome.tock", expected "co.outcome.tick""#;
    assert_eq!(error.to_string(), expected);
}
