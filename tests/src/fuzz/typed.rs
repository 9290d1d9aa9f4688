//! Messages that are decoded directly into a type.

use std::fmt::Debug;

use bytes::Bytes;
use eventkit::binding::http;
use eventkit::event::Timestamp;
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, DecodeError, DecodeErrorKind, Event};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::message_text;
use crate::reading::Reading;

/// An event with attributes of several types, and JSON data.
#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "t", source = "/s")]
pub struct Shipped {
    #[cloudevent(id)]
    id: String,
    #[cloudevent(extension)]
    at: Option<Timestamp>,
    #[cloudevent(extension)]
    n: Option<i32>,
    #[cloudevent(extension)]
    flag: Option<bool>,
    lines: Vec<String>,
    #[serde(default)]
    total: Option<f64>,
}

/// An event without data.
#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "u", source = "/s")]
pub struct Ping;

/// An enum of two events.
#[derive(Debug, PartialEq, CloudEvent)]
pub enum Any {
    /// An event with data.
    Shipped(Shipped),
    /// An event without data.
    Ping(Ping),
}

/// Checks that decoding any message directly into a type gives the same result as decoding an event
/// first.
///
/// # Panics
///
/// Panics if it does not.
pub fn typed(bytes: &[u8]) {
    let decoded = || Json.decode(Bytes::copy_from_slice(bytes));
    agree(Json.decode_as::<Reading<Value>>(bytes), decoded());
    survive(agree(Json.decode_as::<Shipped>(bytes), decoded()));
    survive(agree(Json.decode_as::<Ping>(bytes), decoded()));
    survive(agree(Json.decode_as::<Any>(bytes), decoded()));

    let (headers, body) = message_text::http(bytes);
    let decoded = || http::decode(&headers, body.clone());
    let straight = http::decode_as::<Reading<Value>>(&headers, body.clone());
    agree(straight, decoded());
    survive(agree(
        http::decode_as::<Shipped>(&headers, body.clone()),
        decoded(),
    ));
    survive(agree(
        http::decode_as::<Ping>(&headers, body.clone()),
        decoded(),
    ));
    survive(agree(
        http::decode_as::<Any>(&headers, body.clone()),
        decoded(),
    ));
}

/// Asserts that both ways give the same value, or the same kind of error.
fn agree<T: CloudEvent + PartialEq + Debug>(
    straight: Result<T, DecodeError>,
    event: Result<Event, DecodeError>,
) -> Option<T> {
    let by_event = event.and_then(|event| T::from_event(&event));
    match (straight, by_event) {
        (Ok(straight), Ok(by_event)) => {
            assert_eq!(straight, by_event);
            Some(straight)
        }
        (Err(straight), Err(by_event)) => {
            // Direct decoding may check the type before anything else.
            let (kind, other) = (straight.kind(), by_event.kind());
            let same = kind == other || kind == DecodeErrorKind::UnexpectedType;
            assert!(same, "directly: {straight}, by event: {by_event}");
            None
        }
        (straight, by_event) => panic!("directly: {straight:?}, by event: {by_event:?}"),
    }
}

/// Asserts that a value round-trips as an event.
fn survive<T: CloudEvent + PartialEq + Debug>(value: Option<T>) {
    if let Some(value) = value {
        let event = value.to_event().expect("the value should be encodable");
        assert_eq!(
            T::from_event(&event).expect("the event should be decodable"),
            value
        );
    }
}
