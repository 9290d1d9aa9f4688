//! Enums: closed sets of event types.

use eventkit::{CloudEvent, Event};
use serde::{Deserialize, Serialize};

use crate::{assert_round_trip, encoded};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct Placed {
    total_cents: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.order.paid",
    source = "/shop/orders",
    datacontenttype = "text/plain"
)]
struct Paid(String);

#[derive(Debug, Clone, PartialEq, CloudEvent)]
#[cloudevent(type = "co.outcome.order.cancelled", source = "/shop/orders")]
struct Cancelled {
    #[cloudevent(subject)]
    order_id: String,
}

#[derive(Debug, Clone, PartialEq, CloudEvent)]
enum OrderEvent {
    Placed(Placed),
    Paid(Paid),
    Cancelled(self::Cancelled),
}

#[derive(Debug, PartialEq, CloudEvent)]
enum Single {
    Placed(Placed),
}

#[derive(Debug, PartialEq, CloudEvent)]
enum Nested {
    Single(Single),
    Paid(Paid),
}

#[test]
fn the_types_are_those_of_the_variants_in_order() {
    let expected = [
        "co.outcome.order.placed",
        "co.outcome.order.paid",
        "co.outcome.order.cancelled",
    ];

    assert_eq!(OrderEvent::TYPES, expected);
    assert_eq!(
        OrderEvent::Paid(Paid(String::new())).event_type(),
        Paid::TYPE
    );
}

#[test]
fn each_variant_encodes_as_what_it_holds() {
    let placed = OrderEvent::Placed(Placed { total_cents: 1 });
    let (event, data) = encoded(&placed);
    assert_eq!(
        (event.ty(), data.as_str()),
        (Placed::TYPE, r#"{"total_cents":1}"#)
    );

    let (event, data) = encoded(&OrderEvent::Paid(Paid("by card".into())));
    assert_eq!((event.ty(), data.as_str()), (Paid::TYPE, "by card"));
    assert_eq!(event.data_content_type(), Some("text/plain"));

    let cancelled = OrderEvent::Cancelled(Cancelled {
        order_id: "A-1".into(),
    });
    assert_eq!(encoded(&cancelled).0.subject(), Some("A-1"));
}

#[test]
fn each_variant_comes_back() {
    assert_round_trip(&OrderEvent::Placed(Placed { total_cents: 1 }));
    assert_round_trip(&OrderEvent::Paid(Paid("by card".into())));
    assert_round_trip(&OrderEvent::Cancelled(Cancelled {
        order_id: "A-1".into(),
    }));
}

#[test]
fn an_event_outside_of_the_set_is_refused() {
    let event = Event::builder()
        .source("/s")
        .ty("co.outcome.order.lost")
        .build()
        .unwrap();
    let error = OrderEvent::try_from(&event).unwrap_err();

    let expected = "the event is of type \"co.outcome.order.lost\", expected \
                    \"co.outcome.order.placed\" or \"co.outcome.order.paid\" or \"co.outcome.order.cancelled\"";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn an_enum_of_one_type_can_be_a_variant() {
    assert_eq!(Nested::TYPES, [Placed::TYPE, Paid::TYPE]);
    assert_round_trip(&Nested::Single(Single::Placed(Placed { total_cents: 1 })));
}

#[test]
fn the_data_of_the_wrong_type_is_refused() {
    let event = Event::builder()
        .source("/s")
        .ty(Placed::TYPE)
        .data_json(&7)
        .unwrap();
    let error = OrderEvent::try_from(event.build().unwrap()).unwrap_err();

    assert_eq!(error.kind(), eventkit::DecodeErrorKind::Data);
}
