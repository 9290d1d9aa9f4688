//! Types that declare JSON, decoded from data of another media type.

use eventkit::codec::register;
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, DecodeErrorKind, Event};
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::chain;
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};

use super::added::Flipped;

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "t", source = "/s")]
struct Order {
    id: String,
    lines: Vec<(u8, Option<f32>)>,
    state: State,
    large: i128,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Open,
    Sent { on: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "t", source = "/s")]
struct Note(String);

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "t", source = "/s")]
struct Blob(Vec<u8>);

fn event(content_type: &str, data: impl Into<Vec<u8>>) -> Event {
    let event = minimal().data_content_type(content_type);
    event.data_bytes(data.into()).build().unwrap()
}

#[test]
fn a_type_that_declares_json_is_decoded_with_the_codec_of_the_data() {
    register(Flipped("application/flipped-g")).unwrap();
    for state in [
        State::Open,
        State::Sent {
            on: "monday".into(),
        },
    ] {
        let order = Order {
            id: "A-1".into(),
            lines: vec![(1, None), (2, Some(0.5))],
            state,
            large: i128::from(i64::MAX) + 7,
        };
        let data = eventkit::codec::encode(&order, "application/flipped-g").unwrap();
        let event = event("application/flipped-g", data.as_bytes());
        assert_eq!(Order::try_from(&event).unwrap(), order);
        assert_eq!(event.data_as::<Order>().unwrap(), order);
    }
}

#[test]
fn types_that_declare_json_are_decoded_from_text_and_bytes() {
    for text in ["two apples", "7", "\"", "null"] {
        let event = event("text/plain", text);
        assert_eq!(Note::try_from(&event).unwrap(), Note(text.into()));
    }
    let event = event("application/octet-stream", [0, 255]);
    assert_eq!(Blob::try_from(&event).unwrap(), Blob(vec![0, 255]));
    let error = Order::try_from(&event).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Data);
    assert!(
        chain(&error).contains("invalid type: byte array"),
        "{error:?}"
    );
}

#[test]
fn a_deserialize_impl_that_reads_no_value_is_refused_for_every_source() {
    #[derive(Debug, Serialize, CloudEvent)]
    #[cloudevent(type = "t", source = "/s")]
    struct Careless;

    #[derive(Debug, Serialize, CloudEvent)]
    #[cloudevent(type = "t", source = "/s")]
    struct Holder {
        id: u8,
    }

    impl<'de> Deserialize<'de> for Holder {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Ok(Self { id: 0 })
        }
    }

    let event = minimal().data_json(&7).unwrap().build().unwrap();
    let json = Json.encode(&event).unwrap();
    for error in [
        Holder::try_from(&event).unwrap_err(),
        Json.decode_as::<Holder>(&json).unwrap_err(),
    ] {
        assert_eq!(error.kind(), DecodeErrorKind::Data);
        let why = "the type did not deserialize its value";
        assert!(chain(&error).ends_with(why), "{error:?}");
    }
    // Without fields, there is nothing to read.
    assert!(Careless::try_from(&event).is_ok());
}
