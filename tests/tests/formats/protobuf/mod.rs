//! The Protobuf event format.

mod attributes;
mod batch;
mod bindings;
mod data;
mod hostile;
mod malformed;
mod messages;
mod others;
mod typed;

use eventkit::format::Format;
use eventkit::{DecodeError, Event};
use eventkit_formats::protobuf::Protobuf;
use messages::CloudEvent;
use prost::Message;

/// Returns the event as this crate encodes it and prost decodes it.
fn theirs(event: &Event) -> CloudEvent {
    let bytes = Protobuf.encode(event).unwrap();
    CloudEvent::decode(bytes).unwrap()
}

/// Returns the event as prost encodes it and this crate decodes it.
fn ours(message: &CloudEvent) -> Result<Event, DecodeError> {
    Protobuf.decode(message.encode_to_vec().into())
}

/// Returns a message with the required fields.
fn minimal() -> CloudEvent {
    CloudEvent {
        id: "1".into(),
        source: "/s".into(),
        spec_version: "1.0".into(),
        r#type: "t".into(),
        ..CloudEvent::default()
    }
}
