//! Messages that are read straight into a type.

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

/// Is an event with attributes of several types, and JSON data.
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

/// Is an event without data.
#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "u", source = "/s")]
pub struct Ping;

/// Is one of two events.
#[derive(Debug, PartialEq, CloudEvent)]
pub enum Any {
    /// One with data.
    Shipped(Shipped),
    /// One without.
    Ping(Ping),
}

/// Any message is the same value whether it is read straight into a type, or as an event first.
///
/// # Panics
///
/// Where it is not.
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

/// Asserts that both ways give one value, or one sort of mistake.
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
            // Straight, the type may be looked at before anything else.
            let (kind, other) = (straight.kind(), by_event.kind());
            let same = kind == other || kind == DecodeErrorKind::UnexpectedType;
            assert!(same, "{straight}, but {by_event}");
            None
        }
        (straight, by_event) => panic!("straight: {straight:?}, by event: {by_event:?}"),
    }
}

/// Asserts that a value survives being an event.
fn survive<T: CloudEvent + PartialEq + Debug>(value: Option<T>) {
    if let Some(value) = value {
        let event = value.to_event().expect("it was an event before");
        assert_eq!(T::from_event(&event).expect("it is one again"), value);
    }
}
