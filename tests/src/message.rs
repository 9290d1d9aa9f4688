//! Small events and messages for tests.

use bytes::Bytes;
use eventkit::event::Timestamp;
use eventkit::{Event, EventBuilder};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The required attributes, as the headers of a binary message.
pub const REQUIRED: [(&str, &str); 4] = [
    ("ce-specversion", "1.0"),
    ("ce-id", "1"),
    ("ce-source", "/s"),
    ("ce-type", "t"),
];

/// Returns a builder for an event with only the required attributes.
pub fn minimal() -> EventBuilder {
    Event::builder().id("1").source("/s").ty("t").without_time()
}

/// Returns an event with every attribute of the specification, two extensions, and JSON data.
///
/// # Panics
///
/// Panics if the event is invalid.
#[must_use]
pub fn full() -> Event {
    let time = "2026-01-31T09:30:00.50+01:00".parse::<Timestamp>();
    minimal()
        .subject("x")
        .time(time.expect("a timestamp"))
        .data_schema("urn:s")
        .extension("priority", 7)
        .extension("flag", true)
        .data_json(&[1, 2])
        .expect("the data should be encodable as JSON")
        .build()
        .expect("the event should be valid")
}

/// Returns a JSON event with the required attributes, followed by these members.
#[must_use]
pub fn json(members: &str) -> Bytes {
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"specversion":"1.0","id":"1","source":"/s","type":"t"{comma}{members}}}"#).into()
}

/// Returns the headers of a binary message with the required attributes, followed by these headers.
///
/// # Panics
///
/// Panics if a name or value is not valid in an HTTP header.
#[must_use]
pub fn headers(others: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in REQUIRED.iter().chain(others) {
        let name =
            HeaderName::from_bytes(name.as_bytes()).expect("the name should be a header name");
        let value =
            HeaderValue::from_bytes(value.as_bytes()).expect("the value should be a header value");
        headers.append(name, value);
    }
    headers
}

/// Returns headers with only a content type.
///
/// # Panics
///
/// Panics if it is not valid in an HTTP header.
#[must_use]
pub fn content_type(media_type: &str) -> HeaderMap {
    let value = HeaderValue::from_bytes(media_type.as_bytes())
        .expect("the media type should be a header value");
    HeaderMap::from_iter([(http::header::CONTENT_TYPE, value)])
}
