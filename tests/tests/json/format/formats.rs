//! Custom event formats.

use bytes::Bytes;
use eventkit::codec::RegisterError;
use eventkit::format::{Format, Json, register};
use eventkit::{DecodeError, DecodeErrorKind, EncodeError, Event};
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::{assert_refused, chain};

/// A format of ids, one per line. All other attributes are constant.
struct Lines {
    one: &'static str,
    many: Option<&'static str>,
}

impl Format for Lines {
    fn content_type(&self) -> &str {
        self.one
    }

    fn batch_content_type(&self) -> Option<&str> {
        self.many
    }

    fn encode(&self, event: &Event) -> Result<Bytes, EncodeError> {
        if event.data().is_some() {
            return Err(EncodeError::format("data is not supported"));
        }
        Ok(event.id().to_owned().into())
    }

    fn decode(&self, bytes: Bytes) -> Result<Event, DecodeError> {
        let id =
            std::str::from_utf8(&bytes).map_err(|error| DecodeError::malformed("lines", error))?;
        Ok(minimal().id(id).build()?)
    }

    fn encode_batch(&self, events: &[Event]) -> Result<Bytes, EncodeError> {
        if self.many.is_none() {
            return Err(EncodeError::no_batch(self.one));
        }
        let ids: Vec<&str> = events.iter().map(Event::id).collect();
        Ok(ids.join("\n").into())
    }

    fn decode_batch(&self, bytes: Bytes) -> Result<Vec<Event>, DecodeError> {
        let lines = bytes.split(|byte| *byte == b'\n');
        lines
            .map(|line| self.decode(bytes.slice_ref(line)))
            .collect()
    }
}

const fn lines(one: &'static str, many: Option<&'static str>) -> Lines {
    Lines { one, many }
}

#[test]
fn a_format_can_be_a_trait_object() {
    let formats: [Box<dyn Format>; 2] = [Box::new(Json), Box::new(lines("a/b", None))];
    let event = minimal().build().unwrap();
    for format in &formats {
        assert_eq!(
            format.decode(format.encode(&event).unwrap()).unwrap(),
            event
        );
    }
}

#[test]
fn a_registered_format_decodes_structured_and_batched_messages() {
    use eventkit::binding::http;

    let format = lines(
        "application/cloudevents+lines",
        Some("Application/CloudEvents-Batch+Lines"),
    );
    register(format).unwrap();
    let format = lines(
        "application/cloudevents+lines",
        Some("application/cloudevents-batch+lines"),
    );
    let events = [
        minimal().build().unwrap(),
        minimal().id("2").build().unwrap(),
    ];

    let message = http::encode_structured(&events[0], &format).unwrap();
    assert_eq!(
        http::decode(&message.headers, message.body).unwrap(),
        events[0]
    );
    let message = http::encode_batch(&events, &format).unwrap();
    assert_eq!(
        http::decode_batch(&message.headers, message.body).unwrap(),
        events
    );
}

#[test]
fn the_errors_of_a_format_keep_their_kind() {
    let format = lines("a/b", Some("a/c"));

    assert_refused(format.decode("".into()), DecodeErrorKind::Invalid);
    assert_refused(
        format.decode(Bytes::from_static(b"\xff")),
        DecodeErrorKind::Malformed,
    );
    assert_refused(
        format.decode_batch("1\n\n2".into()),
        DecodeErrorKind::Invalid,
    );
}

#[test]
fn a_format_that_cannot_represent_an_event_returns_the_reason() {
    use eventkit::binding::http;

    let event = minimal().data_text("x").build().unwrap();
    let error = http::encode_structured(&event, &lines("a/b", None)).unwrap_err();
    assert_eq!(
        chain(&error),
        "failed to encode the event in its format: data is not supported"
    );
    let error = http::encode_batch(&[event], &lines("a/b", None)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the event format `a/b` does not support batches"
    );
}

#[test]
fn the_built_in_json_format_cannot_be_replaced() {
    for (one, many) in [
        ("Application/CloudEvents+JSON", None),
        ("application/cloudevents-batch+json", None),
        (
            "application/cloudevents+free",
            Some("application/cloudevents-batch+json"),
        ),
    ] {
        let built_in = many.unwrap_or(one).to_lowercase();
        assert_eq!(
            register(lines(one, many)),
            Err(RegisterError::BuiltIn(built_in))
        );
    }
}

#[test]
fn the_media_types_of_a_format_must_be_those_of_events() {
    for (one, batch, wrong) in [
        ("application/json", None, "application/json"),
        ("application/events+odd", None, "application/events+odd"),
        (
            "application/cloudevents-batch+odd",
            None,
            "application/cloudevents-batch+odd",
        ),
        (
            "application/cloudevents+odd",
            Some("application/x-batch"),
            "application/x-batch",
        ),
        (
            "application/cloudevents+odd",
            Some("application/cloudevents+odds"),
            "application/cloudevents+odds",
        ),
    ] {
        let wrong = RegisterError::NotOfEvents(wrong.to_owned());
        assert_eq!(register(lines(one, batch)), Err(wrong));
    }
}

#[test]
fn a_media_type_can_have_only_one_format() {
    register(lines("application/cloudevents+once", None)).unwrap();

    let twice = "application/cloudevents+once";
    assert_eq!(
        register(lines("Application/CloudEvents+Once", None)),
        Err(RegisterError::Twice(twice.into()))
    );
    assert_eq!(
        register(lines("application/cloudevents+other", Some(twice))),
        Err(RegisterError::Twice(twice.into()))
    );
    register(lines("application/cloudevents+other", None)).unwrap();
}

#[test]
fn a_malformed_media_type_is_refused() {
    for media_type in ["", "lines", "a/b; c=d"] {
        assert_eq!(
            register(lines(media_type, None)),
            Err(RegisterError::MediaType(media_type.into()))
        );
        assert_eq!(
            register(lines("application/cloudevents+unused", Some(media_type))),
            Err(RegisterError::MediaType(media_type.into()))
        );
    }
}
