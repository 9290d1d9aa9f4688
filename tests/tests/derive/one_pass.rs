//! Typed decoding directly from the bytes of a structured event.

use eventkit::CloudEvent;
use eventkit::format::Json;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.placed", source = "/s")]
struct Placed {
    #[cloudevent(subject)]
    customer: String,
    #[cloudevent(extension)]
    zone: i32,
    total: u64,
}

#[derive(Debug, PartialEq, CloudEvent)]
#[cloudevent(type = "co.outcome.lost", source = "/s")]
struct Lost;

#[derive(Debug, PartialEq, CloudEvent)]
enum OrderEvent {
    Placed(Placed),
    Lost(Lost),
}

const MEMBERS: [&str; 7] = [
    r#""specversion":"1.0""#,
    r#""id":"1""#,
    r#""source":"/s""#,
    r#""type":"co.outcome.placed""#,
    r#""subject":"c-7""#,
    r#""zone":3"#,
    r#""data":{"total":1250}"#,
];

fn rotated(by: usize) -> String {
    let mut members = MEMBERS;
    members.rotate_left(by);
    format!("{{{}}}", members.join(","))
}

#[test]
fn the_order_of_members_does_not_matter() {
    for by in 0..MEMBERS.len() {
        let json = rotated(by);
        let expected = Placed {
            customer: "c-7".into(),
            zone: 3,
            total: 1250,
        };
        assert_eq!(
            Json.decode_as::<Placed>(json.as_bytes()).unwrap(),
            expected,
            "{json}"
        );
        let expected = OrderEvent::Placed(expected);
        assert_eq!(
            Json.decode_as::<OrderEvent>(json.as_bytes()).unwrap(),
            expected,
            "{json}"
        );
    }
}

#[test]
fn a_unit_struct_ignores_data_before_and_after_the_type() {
    for json in [
        r#"{"data":[1],"specversion":"1.0","id":"1","source":"/s","type":"co.outcome.lost"}"#,
        r#"{"specversion":"1.0","id":"1","source":"/s","type":"co.outcome.lost","data":null}"#,
        r#"{"specversion":"1.0","id":"1","source":"/s","type":"co.outcome.lost"}"#,
        r#"{"specversion":"1.0","id":"1","source":"/s","type":"co.outcome.lost","data_base64":"AA=="}"#,
    ] {
        assert_eq!(
            Json.decode_as::<OrderEvent>(json.as_bytes()).unwrap(),
            OrderEvent::Lost(Lost),
            "{json}"
        );
    }
}

#[test]
fn another_type_is_refused() {
    let error = Json.decode_as::<Lost>(rotated(6).as_bytes()).unwrap_err();
    assert_eq!(error.kind(), eventkit::DecodeErrorKind::UnexpectedType);
}
