//! Enums: closed sets of event types.

use ::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use eventkit::binding::http;
use eventkit::format::Json;
use eventkit::{CloudEvent, DecodeError, Event, Limits};
use eventkit_tests::refusal::chain;
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
fn each_variant_is_encoded_as_its_content() {
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
fn each_variant_is_decoded() {
    assert_round_trip(&OrderEvent::Placed(Placed { total_cents: 1 }));
    assert_round_trip(&OrderEvent::Paid(Paid("by card".into())));
    assert_round_trip(&OrderEvent::Cancelled(Cancelled {
        order_id: "A-1".into(),
    }));
}

#[test]
fn an_event_outside_the_set_is_refused() {
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
fn data_of_another_type_is_refused() {
    let event = Event::builder()
        .source("/s")
        .ty(Placed::TYPE)
        .data_json(&7)
        .unwrap();
    let error = OrderEvent::try_from(event.build().unwrap()).unwrap_err();

    assert_eq!(error.kind(), eventkit::DecodeErrorKind::Data);
}

/// Asserts that the enum of a single struct is decoded like the struct, with the same errors.
#[track_caller]
fn assert_alike(found: Result<Single, DecodeError>, expected: Result<Placed, DecodeError>) {
    let describe = |error: DecodeError| (error.kind(), chain(&error));
    let found = found.map(|Single::Placed(placed)| placed);
    assert_eq!(found.map_err(describe), expected.map_err(describe));
}

#[test]
fn a_structured_event_is_decoded_like_one_of_a_struct() {
    let ty = format!(r#""type":"{}""#, Placed::TYPE);
    let whole = format!(
        r#"{{"specversion":"1.0","id":"1","source":"/s","x":"1",{ty},"data":{{"total_cents":1}}}}"#
    );
    assert!(Json.decode_as::<Single>(whole.as_bytes()).is_ok());
    let mut messages: Vec<String> = (0..whole.len()).map(|end| whole[..end].into()).collect();
    let data = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for (from, to) in [
        ("", ""),
        ("1.0", "0.3"),
        (r#""specversion":"1.0","#, ""),
        (r#""id":"1","#, ""),
        (r#""x":"1""#, r#""X":[1,2]"#),
        ("/s", ""),
        (&ty, r#""type":"other""#),
        (&ty, r#""type":"""#),
        (&ty, r#""type":null"#),
        (&ty, r#""type":7"#),
        (&ty, r#""y":"2""#),
        (&ty, r#""type":"\ud800""#),
        (&ty, &format!(r#"{ty},"type":"other""#)),
        (&ty, &format!(r#""type":"other",{ty}"#)),
        (&ty, &ty.replace("type", "t\\u0079pe")),
        (r#""x":"1""#, r#""x":1e9"#),
        ("{\"total_cents\":1}", "7"),
        ("{\"total_cents\":1}", &data),
        ("}}", "}}}"),
        ("}}", "}} x"),
    ] {
        let message = whole.replacen(from, to, 1);
        messages.push(message.replacen(&ty, r#""type":"other""#, 1));
        messages.push(message);
    }
    for message in messages {
        let bytes = message.as_bytes();
        assert_alike(Json.decode_as(bytes), Json.decode_as(bytes));
        for limits in [
            Limits::DEFAULT.body_bytes(40),
            Limits::DEFAULT.attributes(4),
            Limits::DEFAULT.attribute_bytes(10),
        ] {
            let json = Json.with_limits(limits);
            assert_alike(json.decode_as(bytes), json.decode_as(bytes));
        }
    }
}

#[test]
fn a_binary_event_is_decoded_like_one_of_a_struct() {
    let body = r#"{"total_cents":1}"#;
    let content_type = ("content-type", "application/json");
    for ty in [Some(Placed::TYPE), Some("other"), Some(""), None] {
        for (more, body) in [
            (content_type, body),
            (("ce-specversion", "0.3"), body),
            (("ce-subject", ""), body),
            (("content-type", "text/plain"), body),
            (("content-type", "application/none"), body),
            (("content-type", "none"), body),
            (content_type, ""),
            (content_type, "{"),
            (content_type, "7"),
        ] {
            let mut headers = HeaderMap::new();
            let all = [
                ("ce-specversion", "1.0"),
                ("ce-id", "1"),
                ("ce-source", "/s"),
            ];
            for (name, value) in all.into_iter().chain(ty.map(|ty| ("ce-type", ty))) {
                headers.insert(name, HeaderValue::from_static(value));
            }
            headers.insert(more.0, HeaderValue::from_static(more.1));
            for limits in [Limits::DEFAULT, Limits::DEFAULT.attribute_bytes(4)] {
                let decoder = http::with_limits(limits);
                let [first, second] = [body, body].map(Bytes::from);
                assert_alike(
                    decoder.decode_as(&headers, first),
                    decoder.decode_as(&headers, second),
                );
            }
        }
    }
}
