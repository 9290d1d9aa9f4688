//! The decoded messages.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use eventkit::binding::http::{self, Message};
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, Event};

use crate::events::{OrderPlaced, Reading, Text};

/// The subject of the events.
pub const SUBJECT: &str = "customer-4711001";

/// The trace context of the events.
pub const TRACE_PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Returns the time of the events.
///
/// # Panics
///
/// Panics if the time is invalid, which it is not.
#[must_use]
pub fn time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_769_851_800, 123_456_000).expect("a time")
}

/// Returns the event of a value, with the attributes that a producer usually adds.
///
/// # Panics
///
/// Panics if the event is invalid.
#[must_use]
pub fn event(value: &impl CloudEvent) -> Event {
    let builder = value
        .event_builder()
        .expect("the value should be encodable");
    builder
        .id("6f1c2a9e-4b5d-4f7a-9c3e-1d2b3a4c5e6f")
        .subject(SUBJECT)
        .time(time())
        .extension("traceparent", TRACE_PARENT)
        .build()
        .expect("the event should be valid")
}

/// Returns an event as the body of a structured message.
///
/// # Panics
///
/// Panics if the event cannot be encoded.
#[must_use]
pub fn structured(event: &Event) -> Bytes {
    Json.encode(event).expect("the event should be encodable")
}

/// Returns a batch of orders.
///
/// # Panics
///
/// Panics if an event cannot be encoded.
#[must_use]
pub fn batch(count: usize) -> Bytes {
    Json.encode_batch(&vec![event(&order()); count])
        .expect("the batch should be encodable")
}

/// Returns an event as a binary message.
///
/// # Panics
///
/// Panics if the event cannot be encoded.
#[must_use]
pub fn binary(event: &Event) -> Message {
    http::encode_binary(event).expect("the event should be encodable")
}

/// Returns the small event.
#[must_use]
pub fn reading() -> Reading {
    Reading::sample()
}

/// Returns the medium event.
#[must_use]
pub fn order() -> OrderPlaced {
    OrderPlaced::sample(2)
}

/// Returns the large event.
#[must_use]
pub fn large() -> OrderPlaced {
    OrderPlaced::sample(790)
}

/// Returns the event with text full of escapes.
#[must_use]
pub fn text() -> Text {
    Text::sample()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(value: &impl CloudEvent) -> (usize, usize) {
        let event = event(value);
        let data = event.data().map_or(0, |data| data.as_bytes().len());
        (data, structured(&event).len())
    }

    #[test]
    fn the_messages_have_their_documented_sizes() {
        assert_eq!(sizes(&reading()), (39, 335));
        assert_eq!(sizes(&order()), (372, 738));
        assert_eq!(sizes(&large()).0 / 1000, 63);
        assert_eq!(sizes(&text()).0 / 1000, 67);
    }
}
