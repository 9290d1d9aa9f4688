//! NATS messages in both content modes.

use eventkit::event::Data;
use eventkit::format::Json;
use eventkit::{CloudEvent, Event, Limits};
use eventkit_nats::binding::{self as nats, Message};
use serde_json::Value;

use super::message_text;
use crate::reading::Reading;
use crate::round_trip::{assert_survives, in_json_format};

/// Any message is an event that survives both content modes, or is refused; what a type makes of it
/// is what it makes of the event.
///
/// # Panics
///
/// Where something of this does not hold.
pub fn nats_decode(bytes: &[u8]) {
    let (headers, body) = message_text::nats(bytes);
    let typed = nats::decode_as::<Reading<Value>>(&headers, body.clone());
    let Ok(event) = nats::decode(&headers, body) else {
        assert!(typed.is_err(), "a value of what is no event: {typed:?}");
        return;
    };
    assert_eq!(typed.ok(), Reading::from_event(&event).ok());
    assert_survives(&event);

    let structured = nats::encode_structured(&event, &Json).expect("JSON holds every event");
    let structured = decode(&structured).expect("what was written is an event");
    assert_eq!(structured, in_json_format(&event));
    let binary = nats::encode_binary(&event).expect("headers hold every event");
    match decode(&binary) {
        Some(received) if event.data().is_some_and(|data| !data.as_bytes().is_empty()) => {
            assert_eq!(received, event);
        }
        // No data and data without bytes are the same to a receiver.
        Some(received) => {
            assert_eq!(attributes(&received), attributes(&event));
            assert!(
                received
                    .data()
                    .is_none_or(|data| data.as_bytes().is_empty())
            );
        }
        None => {
            let data = event.data().map(Data::bytes).cloned();
            let json = data.map(Data::json);
            assert!(
                matches!(json, Some(Err(_))),
                "{binary:?} is no event any more"
            );
        }
    }
}

fn attributes(event: &Event) -> Event {
    let mut event = event.clone();
    event.take_data();
    event
}

fn decode(message: &Message) -> Option<Event> {
    let decoder = nats::with_limits(Limits::UNLIMITED);
    decoder.decode(&message.headers, message.body.clone()).ok()
}
