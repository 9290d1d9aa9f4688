//! Messages that may violate the specification.

use bytes::Bytes;
use eventkit::binding::http::{
    decode, decode_batch, decode_batch_lenient, decode_lenient, encode_binary_lenient,
    encode_lenient, encode_structured_lenient,
};
use eventkit::event::Timestamp;
use eventkit::format::{Format, Json};
use eventkit::{DecodeError, DecodeErrorKind, Event, LenientEvent, Limits};
use http::{HeaderMap, HeaderValue};

use super::message_text;

/// Checks that any message is kept, and has violations exactly if the strict decoder refuses it.
///
/// # Panics
///
/// Panics if it does not.
pub fn lenient(bytes: &[u8]) {
    let (headers, body) = message_text::http(bytes);
    message(&headers, &body);
    batch(&headers, &body);
    let whole = Bytes::copy_from_slice(bytes);
    text(if body.is_empty() { &whole } else { &body });
}

fn message(headers: &HeaderMap, body: &Bytes) {
    let lenient = decode_lenient(headers, body.clone());
    let Some(event) = agreed(decode(headers, body.clone()), lenient) else {
        return;
    };
    let again = encode_lenient(&event).expect("the message should be encodable");
    assert_eq!(again.body, *body);
    let content_type = headers.get("content-type").map(HeaderValue::as_bytes);
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    let structured = content_type.starts_with(b"application/cloudevents");
    let mut own = HeaderMap::new();
    for (name, value) in headers {
        let of_body = name == "content-type" || name == "content-encoding";
        if of_body || (!structured && name.as_str().starts_with("ce-")) {
            own.append(name, value.clone());
        }
    }
    assert_eq!(again.headers, own);
    crossed(&event);
}

fn batch(headers: &HeaderMap, body: &Bytes) {
    let strict = decode_batch(headers, body.clone());
    let lenient = decode_batch_lenient(headers, body.clone());
    let valid = lenient.map(|events| events.iter().all(|event| event.violations().is_empty()));
    assert_eq!(strict.is_ok(), valid.unwrap_or(false), "{strict:?}");
}

fn text(bytes: &Bytes) {
    let lenient = Json.decode_lenient(bytes.clone());
    let Some(event) = agreed(Json.decode(bytes.clone()), lenient) else {
        return;
    };
    assert_eq!(
        Json.encode_lenient(&event)
            .expect("the event should be encodable"),
        *bytes
    );
    crossed(&event);
}

/// Asserts that the strict decoder accepts an event exactly if the lenient one finds no violations,
/// with the same result.
fn agreed(
    strict: Result<Event, DecodeError>,
    lenient: Result<LenientEvent, DecodeError>,
) -> Option<LenientEvent> {
    let event = match lenient {
        Ok(event) => event,
        Err(error) => {
            assert!(strict.is_err(), "{error}, but {strict:?}");
            return None;
        }
    };
    match (strict, event.violations()) {
        (Ok(strict), []) => {
            assert_eq!(
                event
                    .clone()
                    .into_event()
                    .expect("the event should be valid"),
                strict
            );
        }
        (Err(strict), [_, ..]) => {
            // A violation that hides others has another message.
            let told = strict.violations().iter();
            assert!(
                told.clone().all(|one| event.violations().contains(one)),
                "{strict}"
            );
            assert!(event.clone().into_event().is_err());
        }
        (strict, violations) => panic!("{strict:?}, but {violations:?}"),
    }
    Some(event)
}

/// Asserts that an event that can be converted to a content mode has the same attributes after
/// decoding.
fn crossed(event: &LenientEvent) {
    if let Ok(message) = encode_structured_lenient(event, &Json) {
        let json = Json.with_limits(Limits::UNLIMITED);
        let again = json
            .decode_lenient(message.body)
            .expect("the event should be JSON");
        assert_eq!(attributes(&again), attributes(event));
        if let (Some(data), Some(again)) = (event.data(), again.data())
            && !data.is_json()
        {
            assert_eq!(again.as_bytes(), data.as_bytes());
        }
    }
    if let Ok(message) = encode_binary_lenient(event) {
        let again = match decode_lenient(&message.headers, message.body) {
            Ok(again) => again,
            // No attribute remains that would mark the message as an event.
            Err(error) => return assert_eq!(error.kind(), DecodeErrorKind::NotAnEvent),
        };
        let received = attributes(&again);
        for (name, value) in attributes(event) {
            let sent = (name.to_ascii_lowercase(), value);
            assert!(
                received.contains(&sent),
                "{sent:?} of {event:?} is not in {again:?}"
            );
        }
    }
}

/// Returns sorted names and values, with the time in its canonical form, because it is converted
/// once the event has no other violation.
fn attributes(event: &LenientEvent) -> Vec<(String, String)> {
    let each = event.attributes().map(|(name, value)| {
        let is_time = name.eq_ignore_ascii_case("time");
        let time = value.parse::<Timestamp>().ok().filter(|_| is_time);
        let value = time.map_or_else(|| value.into_owned(), |time| time.to_string());
        (name.to_owned(), value)
    });
    let mut all: Vec<(String, String)> = each.collect();
    all.sort_unstable();
    all
}
