//! Decoding a text directly into a type gives the same result as decoding an event first.

use bytes::Bytes;
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, DecodeErrorKind};
use eventkit_tests::message::json;
use eventkit_tests::reading::{Reading, assert_agree};
use eventkit_tests::refusal::{assert_invalid, assert_refused};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Asserts that both ways give the same result, and returns whether it is a value.
#[track_caller]
fn agreed<D>(bytes: &Bytes) -> bool
where
    D: std::fmt::Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    assert_agree::<D>(
        Json.decode_as(bytes),
        Json.decode(bytes.clone())
            .and_then(|event| Reading::from_event(&event)),
        bytes,
    )
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    id: String,
}

#[test]
fn attributes_and_data_are_decoded_in_any_order() {
    let expected = Reading {
        id: "1".into(),
        source: "/s".into(),
        subject: Some("x".into()),
        time: Some("2026-01-31T09:30:00Z".into()),
        content_type: Some("application/json".into()),
        n: Some(7),
        zone: Some("eu".into()),
        data: Order { id: "A".into() },
    };
    for text in [
        r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"x","time":"2026-01-31T09:30:00Z","datacontenttype":"application/json","n":7,"zone":"eu","data":{"id":"A"}}"#,
        r#"{"data":{"id":"A"},"zone":"eu","n":"7","datacontenttype":"application/json","time":"2026-01-31T09:30:00Z","subject":"x","type":"t","source":"/s","id":"1","specversion":"1.0"}"#,
    ] {
        let read: Reading<Order> = Json.decode_as(text.as_bytes()).unwrap();
        assert_eq!(read, expected);
        assert!(agreed::<Order>(&text.into()));
    }
}

#[test]
fn data_that_fits_is_decoded_both_ways() {
    assert!(agreed::<Order>(&json(r#""data":{"id":"A"}"#)));
    assert!(agreed::<u8>(&json("\"data\": 7 ")));
    assert!(agreed::<Option<u8>>(&json(r#""data":null"#)));
    assert!(agreed::<Option<u8>>(&json("")));
    assert!(agreed::<()>(&json("")));
    assert!(agreed::<()>(&json(r#""data_base64":null"#)));
    assert!(agreed::<String>(&json(r#""data":"{\"a\":1}""#)));
    assert!(agreed::<Vec<u8>>(&json(r#""data_base64":"WzFd""#)));
    assert!(agreed::<Value>(&json(
        r#""datacontenttype":"Text/JSON; v=1","data_base64":"WzFd""#
    )));
    assert!(agreed::<String>(&json(
        r#""datacontenttype":"text/plain","data":"a\nb""#
    )));
    assert!(agreed::<String>(&json(
        r#""data":"a\nb","datacontenttype":"text/plain""#
    )));
    assert!(agreed::<u16>(&json(
        r#""data":"300","datacontenttype":"text/plain""#
    )));
    assert!(agreed::<Vec<u8>>(&json(
        r#""datacontenttype":"application/octet-stream","data":"ab""#
    )));
    assert!(agreed::<Vec<u8>>(&json(
        r#""datacontenttype":"application/octet-stream","data_base64":"AP8=""#
    )));
    assert!(agreed::<()>(&json(
        r#""datacontenttype":"application/x-unknown""#
    )));
}

#[test]
fn data_that_does_not_fit_is_refused_both_ways() {
    for members in [
        "",
        r#""data":null"#,
        r#""data":{}"#,
        r#""data":{"id":"A","more":1}"#,
        r#""data":{"id":"A","id":"A"}"#,
        r#""data":{"id":"\ud800"}"#,
        r#""data":"{\"id\":\"A\"}""#,
        r#""data":1e999"#,
        r#""data_base64":"AP8=""#,
        r#""datacontenttype":"text/plain","data":"{\"id\":\"A\"}""#,
    ] {
        let bytes = json(members);
        assert!(!agreed::<Order>(&bytes));
        assert_refused(
            Json.decode_as::<Reading<Order>>(&bytes),
            DecodeErrorKind::Data,
        );
    }
    let unknown = json(r#""datacontenttype":"application/x-unknown","data":"a""#);
    assert!(!agreed::<String>(&unknown));
    assert_refused(
        Json.decode_as::<Reading<String>>(&unknown),
        DecodeErrorKind::UnsupportedMediaType,
    );
}

#[test]
fn text_that_is_not_an_event_is_refused_both_ways() {
    for members in [
        r#""subject":"""#,
        r#""subject":5"#,
        r#""subject":"\ud800""#,
        r#""id":"2""#,
        r#""n":1.0"#,
        r#""n":1,"n":1"#,
        r#""zone":null,"zone":"eu""#,
        r#""Bad":1"#,
        r#""data_base64":"A""#,
        r#""data_base64":5"#,
        r#""data_base64":null,"data_base64":null"#,
        r#""data":{"id":"A"},"data":{"id":"A"}"#,
        r#""data":{"id":"A"},"data_base64":"e30=""#,
        r#""datacontenttype":"text/plain","data":{"id":"A"}"#,
        r#""data":{"id":"A"},"datacontenttype":"text/plain""#,
        r#""datacontenttype":"nonsense","data":"x""#,
        r#""dataschema":"/s""#,
        r#""time":"now""#,
    ] {
        let bytes = json(members);
        assert!(!agreed::<Order>(&bytes), "{members}");
        assert_refused(
            Json.decode_as::<Reading<Order>>(&bytes),
            DecodeErrorKind::Invalid,
        );
    }
}

#[test]
fn an_attribute_that_does_not_fit_its_field_is_refused_both_ways() {
    let bytes = json(r#""n":"seven","data":1"#);

    assert!(!agreed::<u8>(&bytes));
    assert_invalid(
        Json.decode_as::<Reading<u8>>(&bytes),
        &[("n", "as the Rust type requires")],
    );
}

#[test]
fn a_malformed_data_member_takes_precedence_over_the_type() {
    for members in [
        r#""data_base64":"A""#,
        r#""datacontenttype":"a/b","data":1"#,
    ] {
        let bytes = Json.decode_as::<Reading<()>>(
            format!(r#"{{"specversion":"1.0","id":"1","source":"/s","type":"u",{members}}}"#)
                .as_bytes(),
        );
        assert_refused(bytes, DecodeErrorKind::Invalid);
    }
}

#[test]
fn an_event_of_another_type_is_refused_both_ways() {
    let other =
        Bytes::from_static(br#"{"specversion":"1.0","id":"1","source":"/s","type":"u","data":[]}"#);

    assert!(!agreed::<Value>(&other));
    let error = Json.decode_as::<Reading<Value>>(&other).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::UnexpectedType);
    assert_eq!(
        error.to_string(),
        r#"the event is of type "u", expected "t""#
    );
}

#[test]
fn another_specversion_is_refused_both_ways() {
    let other =
        Bytes::from_static(br#"{"specversion":"0.3","id":"1","source":"/s","type":"t","data":1}"#);

    assert!(!agreed::<u8>(&other));
    assert_refused(
        Json.decode_as::<Reading<u8>>(&other),
        DecodeErrorKind::SpecVersion,
    );
}

#[test]
fn a_time_has_its_canonical_form_both_ways() {
    let bytes = json(r#""time":"2026-01-31t09:30:00.50z","data":1"#);

    assert!(agreed::<u8>(&bytes));
    let read: Reading<u8> = Json.decode_as(&bytes).unwrap();
    assert_eq!(read.time.as_deref(), Some("2026-01-31T09:30:00.50Z"));
}

#[test]
fn the_implied_content_type_is_set_both_ways() {
    let implied = json(r#""data":1"#);
    assert!(agreed::<u8>(&implied));
    let read: Reading<u8> = Json.decode_as(&implied).unwrap();
    assert_eq!(read.content_type.as_deref(), Some("application/json"));

    for members in ["", r#""data_base64":"MQ==""#] {
        let none = json(members);
        assert!(agreed::<Option<u8>>(&none));
        let read: Reading<Option<u8>> = Json.decode_as(&none).unwrap();
        assert_eq!(read.content_type, None);
    }
}

#[test]
fn a_null_member_of_any_name_is_ignored_both_ways() {
    assert!(agreed::<u8>(&json(r#""My_Ext":null,"data":1"#)));
}

/// A unit struct, which ignores the data.
#[derive(Debug, PartialEq, CloudEvent)]
#[cloudevent(type = "t", source = "/s")]
struct Ping;

#[test]
fn a_type_without_data_ignores_data_both_ways() {
    for members in [
        "",
        r#""data":null"#,
        r#""data":[1e999,"\ud800"]"#,
        r#""data_base64":"AP8=""#,
        r#""datacontenttype":"application/x-unknown","data":"a""#,
        r#""datacontenttype":"application/x-unknown","data_base64":"AP8=""#,
        r#""datacontenttype":"text/plain; charset=latin1","data":"a""#,
        r#""datacontenttype":"application/json","data_base64":"AP8=""#,
    ] {
        let event = Json.decode(json(members)).unwrap();
        assert_eq!(Ping::try_from(&event).unwrap(), Ping, "{members}");
        assert_eq!(Json.decode_as::<Ping>(&json(members)).unwrap(), Ping);
    }
    for members in [
        r#""data_base64":"A""#,
        r#""datacontenttype":"a/b","data":1"#,
        r#""subject":"""#,
    ] {
        assert_refused(
            Json.decode_as::<Ping>(&json(members)),
            DecodeErrorKind::Invalid,
        );
    }
}

/// An enum of two event types, with a manual impl.
#[derive(Debug, PartialEq)]
enum Either {
    First(Reading<u8>),
    Second,
}

impl CloudEvent for Either {
    const TYPES: &'static [&'static str] = &["t", "u"];

    fn event_type(&self) -> &'static str {
        match self {
            Self::First(_) => "t",
            Self::Second => "u",
        }
    }

    fn event_builder(&self) -> Result<eventkit::EventBuilder, eventkit::EncodeError> {
        Ok(eventkit::Event::builder().source("/s").ty("u"))
    }

    fn from_reader(source: &mut dyn eventkit::EventReader) -> Result<Self, eventkit::DecodeError> {
        if eventkit::__private::position(source, Self::TYPES)? == 0 {
            return Reading::from_reader(source).map(Self::First);
        }
        let mut data = eventkit::codec::DataSeed::<()>::new();
        source.read("u", &mut data)?;
        data.finish()?;
        assert!(source.attributes().attribute("id").is_some());
        Ok(Self::Second)
    }
}

#[test]
fn the_type_is_found_at_any_position() {
    let after =
        r#"{"data":1,"x":{"type":"u"},"specversion":"1.0","id":"1","source":"/s","type":"t"}"#;
    assert_invalid(
        Json.decode_as::<Either>(after.as_bytes()),
        &[("x", "JSON format, 2.2")],
    );
    let after =
        r#"{"data":{"type":"u"},"specversion":"1.0","id":"1","source":"/s","t\u0079pe":"u"}"#;
    assert_refused(
        Json.decode_as::<Either>(after.as_bytes()),
        DecodeErrorKind::Data,
    );
    let after = r#"{"id":"1","specversion":"1.0","source":"/s","t\u0079pe":"u"}"#;
    assert_eq!(
        Json.decode_as::<Either>(after.as_bytes()).unwrap(),
        Either::Second
    );
    assert!(matches!(
        Json.decode_as::<Either>(&json(r#""data":1"#)),
        Ok(Either::First(Reading { data: 1, .. }))
    ));
}

#[test]
fn an_event_of_another_type_is_refused_by_an_enum() {
    let other = br#"{"specversion":"1.0","id":"1","source":"/s","type":"v"}"#;
    let error = Json.decode_as::<Either>(other).unwrap_err();

    assert_eq!(error.kind(), DecodeErrorKind::UnexpectedType);
    assert_eq!(
        error.to_string(),
        r#"the event is of type "v", expected "t" or "u""#
    );
}

#[test]
fn an_event_with_a_missing_or_invalid_type_is_refused_by_an_enum() {
    for text in [
        r#"{"specversion":"1.0","id":"1","source":"/s"}"#,
        r#"{"specversion":"1.0","id":"1","source":"/s","type":null}"#,
        r#"{"specversion":"1.0","id":"1","source":"/s","type":5}"#,
        r#"{"specversion":"1.0","id":"1","source":"/s","type":"\ud800"}"#,
    ] {
        assert_refused(
            Json.decode_as::<Either>(text.as_bytes()),
            DecodeErrorKind::Invalid,
        );
    }
    assert_refused(
        Json.decode_as::<Either>(br#"{"specversion":"0.3","id":"1","source":"/s"}"#),
        DecodeErrorKind::SpecVersion,
    );
    assert_refused(Json.decode_as::<Either>(b"[]"), DecodeErrorKind::Malformed);
}
