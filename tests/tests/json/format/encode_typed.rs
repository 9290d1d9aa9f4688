//! Typed values are encoded directly as the same event as through an envelope.

use eventkit::event::{AttributeRef, Timestamp};
use eventkit::format::{Format, Json};
use eventkit::{AttributeSource, CloudEvent, Event};
use eventkit_tests::reading::Reading;
use eventkit_tests::refusal::assert_violations;
use serde::{Deserialize, Serialize, Serializer};

/// Encodes a value both ways, asserts that only a generated id and time differ, and returns the
/// event.
#[track_caller]
fn assert_same<T: CloudEvent>(value: &T) -> Event {
    let bytes = Json.encode_typed(value).unwrap();
    let straight = Json.decode(bytes.clone()).unwrap();
    let event = value.to_event().unwrap();
    let given = value.attributes().unwrap();
    let mut alike = straight.clone();
    if given.attribute("id").is_none() {
        assert_eq!(straight.id().len(), event.id().len());
        assert_ne!(straight.id(), event.id());
        alike.set_id(event.id()).unwrap();
    }
    if given.attribute("time").is_none() {
        let age = chrono::Utc::now() - straight.time().unwrap().to_utc();
        assert!(age.num_minutes() < 5, "{age}");
        alike.set_time(event.time()).unwrap();
    }
    assert_eq!(alike, event, "{}", bytes.escape_ascii());
    straight
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "with \"quotes\" and \\",
    source = "/s",
    subject = "é \"x\"",
    dataschema = "https://example.com/s",
    datacontenttype = "application/vnd.x+json",
    flag = true,
    number = -7,
    text = "a\\b\"c"
)]
struct Fixed {
    text: String,
}

fn fixed() -> Fixed {
    let text = "\"\\\n\u{1}é".to_owned();
    Fixed { text }
}

#[test]
fn attributes_of_the_type_are_the_same_as_in_an_envelope() {
    let event = assert_same(&fixed());
    assert_eq!(event.ty(), "with \"quotes\" and \\");
    assert_eq!(event.extension("text").unwrap(), "a\\b\"c");
    assert_eq!(event.attribute("flag"), Some(AttributeRef::Boolean(true)));
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "t",
    source = "/s",
    datacontenttype = "application/json; charset=utf-8"
)]
struct WithParameter(u8);

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "t", source = "/s", datacontenttype = "text/plain")]
struct Plain(String);

#[derive(Debug, CloudEvent)]
#[cloudevent(type = "t", source = "/s")]
struct Nothing;

#[test]
fn data_that_is_not_a_json_object_is_the_same_as_in_an_envelope() {
    assert_same(&WithParameter(7));
    assert!(
        assert_same(&Plain("a\n\"".to_owned()))
            .data()
            .unwrap()
            .is_text()
    );
    assert!(assert_same(&Nothing).data().is_none());
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "t")]
struct Fields {
    #[cloudevent(id)]
    id: String,
    #[cloudevent(source)]
    from: String,
    #[cloudevent(time, keep)]
    at: Option<Timestamp>,
    #[cloudevent(extension = "n")]
    number: i32,
    left: Vec<u8>,
}

fn fields(from: &str) -> Fields {
    Fields {
        id: "A-1".to_owned(),
        from: from.to_owned(),
        at: "2026-01-31T09:30:00.50+01:00".parse().ok(),
        number: -1,
        left: vec![1, 2],
    }
}

#[test]
fn attributes_of_fields_are_the_same_as_in_an_envelope() {
    assert_same(&fields("/other"));
    let without_time = Fields {
        at: None,
        ..fields("/s")
    };
    assert_same(&without_time);
    let wrong = Json.encode_typed(&fields("a b"));
    assert_violations(wrong, &[("source", "core, source")]);
}

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "t")]
struct WithoutSource {}

#[test]
fn a_missing_source_is_an_error() {
    let section = "core, REQUIRED Attributes";
    assert_violations(Json.encode_typed(&WithoutSource {}), &[("source", section)]);
}

#[derive(Debug, CloudEvent)]
enum Either {
    Fixed(Fixed),
    Nothing(Nothing),
}

#[test]
fn a_variant_is_encoded_as_its_content() {
    assert_same(&Either::Fixed(fixed()));
    assert_same(&Either::Nothing(Nothing));
}

#[test]
fn a_manual_impl_is_encoded_through_its_envelope() {
    let reading = Json.decode_as::<Reading<u8>>(
        br#"{"specversion":"1.0","id":"1","source":"/s","type":"t","data":7}"#,
    );
    let event = Json
        .decode(Json.encode_typed(&reading.unwrap()).unwrap())
        .unwrap();
    assert_eq!(
        (event.id(), event.data().unwrap().as_bytes()),
        ("1", &b"7"[..])
    );
}

#[derive(Debug, Deserialize, CloudEvent)]
#[cloudevent(type = "t", source = "/s")]
struct Nested(u8);

impl Serialize for Nested {
    /// Encodes nested events.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == 0 {
            return Err(serde::ser::Error::custom("enough"));
        }
        let inner = Json.encode_typed(&Self(self.0 - 1));
        serializer.serialize_u64(inner.map_or(0, |bytes| bytes.len() as u64))
    }
}

#[test]
fn an_event_can_be_encoded_while_another_one_is_encoded() {
    let lens = [1, 2, 3].map(|depth| Json.encode_typed(&Nested(depth)).unwrap().len());
    // The innermost event cannot be encoded. The others contain the length of the nested event.
    assert_eq!(lens[1], lens[0] + 2);
    assert_eq!(lens[2], lens[1]);
    let error = Json.encode_typed(&Nested(0)).unwrap_err();
    assert_eq!(
        eventkit_tests::refusal::chain(&error),
        "failed to encode the data: enough"
    );
    // The output of a failed event is not part of the next one.
    assert_same(&fixed());
}

#[test]
fn data_of_any_size_is_encoded_completely() {
    for size in [0, 1, 1000, 65_000, 66_000, 1_000_000, 10] {
        let text = "é\"".repeat(size);
        let event = assert_same(&Fixed { text: text.clone() });
        assert_eq!(Fixed::try_from(&event).unwrap().text, text);
    }
}
