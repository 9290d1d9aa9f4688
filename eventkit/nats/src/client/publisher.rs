//! Publishing of events to the stream.

use std::fmt::{self, Display};

use async_nats::HeaderMap;
use async_nats::header::{NATS_EXPECTED_STREAM, NATS_MESSAGE_ID};
use eventkit::ToEvent;
use eventkit::event::Event;
use eventkit::transport::{
    BoxFuture, Destination, Published, Publisher, PublisherExt, RawMessage, TransportError,
    telemetry,
};
use percent_encoding::{AsciiSet, CONTROLS, PercentEncode, utf8_percent_encode};

use super::api::parse_publish_ack;
use super::error::error_response;
use super::transport::Nats;
use crate::mapping::OutgoingMessage;

/// The number of bytes that each event leaves for the headers that its dead letter adds.
const DEAD_LETTER_ROOM: usize = 4096;

/// The characters that separate source and id or are illegal in a header.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// The operation of publishing an event, which only errors put into words.
struct PublishEvent<'e>(&'e Event);

impl Display for PublishEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "publish {}", self.0)
    }
}

/// Returns the id by which the stream detects duplicates; it is unique for each pair of source and
/// id.
fn message_id(event: &Event) -> String {
    format!("{} {}", encoded_id(event.source()), encoded_id(event.id()))
}

/// Encodes the id of a raw message, or the source or id of an event; the result has no space.
fn encoded_id(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

/// Returns the size of headers on the wire.
fn header_size(headers: &HeaderMap) -> usize {
    // The `: ` and the end of the line.
    let line = |name: &str, value: &str| name.len() + value.len() + 4;
    let lines = headers.iter().flat_map(|(name, values)| {
        let values = values.iter();
        values.map(move |value| line(name.as_ref(), value.as_str()))
    });
    lines.sum()
}

impl Nats {
    /// Publishes an event or a typed value, and returns once it is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the server did not confirm it.
    pub async fn publish<E: ToEvent + ?Sized>(
        &self,
        event: &E,
    ) -> Result<Published, TransportError> {
        PublisherExt::publish(self, event).await
    }

    fn to_destination(&self) -> Destination<'_> {
        Destination::new("nats", &self.shared.stream.settings.name)
    }

    async fn send_event(&self, event: &Event) -> Result<Published, TransportError> {
        let operation = PublishEvent(event);
        let mut message = self.shared.mapping.encode(&operation, event)?;
        message.headers.insert(NATS_MESSAGE_ID, message_id(event));
        self.check_room(event, &message)?;
        self.send(&operation, message).await
    }

    /// Checks that the server would also accept the event as a dead letter.
    fn check_room(&self, event: &Event, message: &OutgoingMessage) -> Result<(), TransportError> {
        let size = header_size(&message.headers) + message.body.len();
        let max_payload = self.shared.api.client.max_payload();
        // If the `max_payload` of the server is small, less room is reserved.
        let room = DEAD_LETTER_ROOM.min(max_payload / 4);
        if size + room <= max_payload {
            return Ok(());
        }
        Err(TransportError::rejected(format!(
            "failed to publish {event}: it has {size} bytes; `max_payload` of the server is {max_payload}, \
             and {room} bytes of that are reserved for the headers of a dead letter"
        )))
    }

    async fn send(
        &self,
        operation: &(impl Display + Sync + ?Sized),
        message: OutgoingMessage,
    ) -> Result<Published, TransportError> {
        let shared = &*self.shared;
        let OutgoingMessage {
            subject,
            mut headers,
            body,
        } = message;
        headers.insert(NATS_EXPECTED_STREAM, shared.stream.settings.name.as_str());
        let response = shared.api.request(operation, &subject, Some(headers), body);
        let response = response
            .await
            .map_err(|error| shared.explain_no_stream(operation, &subject, error))?;
        let ack = parse_publish_ack(operation, &response.payload)?
            .map_err(|error| error_response(operation, error))?;
        Ok(Published::at(ack.sequence).duplicate(ack.duplicate))
    }
}

impl Publisher for Nats {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        telemetry::publish(self.to_destination(), event, move |event| async move {
            self.send_event(&event).await
        })
    }

    fn destination(&self) -> Option<Destination<'_>> {
        Some(self.to_destination())
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            let operation = format!("publish a message to `{ty}`");
            let mut converted = self.shared.mapping.convert(&operation, ty, message)?;
            if let Some(id) = &message.id {
                let id = encoded_id(id).to_string();
                converted.headers.insert(NATS_MESSAGE_ID, id);
            }
            self.send(&operation, converted).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_pairs_of_source_and_id_share_a_message_id() {
        let pairs = [
            ("a", "b"),
            ("a%20b", "c"),
            ("a", "b c"),
            ("a", "20b%20c"),
            ("ab", "c"),
            ("a", "bc"),
            ("a", "b%20c"),
            ("a", "é\u{2028}"),
        ];
        let mut ids: Vec<String> = pairs
            .iter()
            .map(|(source, id)| {
                let event = Event::builder().source(*source).id(*id).ty("t");
                message_id(&event.build().unwrap())
            })
            .collect();
        assert!(ids.iter().all(|id| id.is_ascii()));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), pairs.len());
    }
}
