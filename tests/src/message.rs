//! Small events and messages to start a test from.

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

/// Starts an event with the required attributes and nothing else.
pub fn minimal() -> EventBuilder {
    Event::builder().id("1").source("/s").ty("t").without_time()
}

/// Returns an event with every attribute of the specification, two extensions, and data in JSON.
///
/// # Panics
///
/// Where it is no valid event.
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
        .expect("data for JSON")
        .build()
        .expect("a valid event")
}

/// Returns a JSON event with the required attributes, and these members after them.
#[must_use]
pub fn json(members: &str) -> Bytes {
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"specversion":"1.0","id":"1","source":"/s","type":"t"{comma}{members}}}"#).into()
}

/// Returns the headers of a binary message with the required attributes, and these after them.
///
/// # Panics
///
/// Where a name or value cannot stand in an HTTP header.
#[must_use]
pub fn headers(others: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in REQUIRED.iter().chain(others) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header value");
        headers.append(name, value);
    }
    headers
}

/// Returns headers with nothing but a content type.
///
/// # Panics
///
/// Where it cannot stand in an HTTP header.
#[must_use]
pub fn content_type(media_type: &str) -> HeaderMap {
    let value = HeaderValue::from_bytes(media_type.as_bytes()).expect("a header value");
    HeaderMap::from_iter([(http::header::CONTENT_TYPE, value)])
}
