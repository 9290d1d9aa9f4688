//! Publishing, which ends with the acknowledgement of the server.

use async_nats::HeaderMap;
use async_nats::jetstream::publish::PublishAck;
use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, PercentEncode, utf8_percent_encode};

use super::api::{read, refused};
use super::{Nats, message, subject};
use eventkit::ToEvent;
use eventkit::event::Event;
use eventkit::transport::{
    BoxFuture, Published, Publisher, PublisherExt, RawMessage, TransportError, TransportErrorKind,
};

/// The most bytes of a subject. Servers take lines of 4 KiB, and cut the connection at longer ones.
const MAX_SUBJECT: usize = 2048;

/// What separates source and id in the id of a message, and what would break a header.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// Returns the id under which the stream finds duplicates: no two pairs of source and id share one.
fn message_id(event: &Event) -> String {
    format!("{} {}", encoded_id(event.source()), encoded_id(event.id()))
}

/// Returns an id of a message that is no event, or a part of one that is; it has no space in it.
fn encoded_id(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

impl Nats {
    /// Publishes an event or a typed value, and returns once it is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the server did not confirm.
    pub async fn publish<E: ToEvent + ?Sized>(
        &self,
        event: &E,
    ) -> Result<Published, TransportError> {
        PublisherExt::publish(self, event).await
    }

    async fn send_event(&self, event: &Event) -> Result<Published, TransportError> {
        let shared = &*self.shared;
        let encoded = shared.mode.encode(event).map_err(|error| {
            TransportError::new(TransportErrorKind::Rejected, format!("encode {event}"))
                .with_source(error)
        })?;
        let (mut headers, body) = message::headers(encoded)?;
        headers.insert("Nats-Msg-Id", message_id(event));
        let what = format!("publish {event}");
        self.send(&what, event.ty(), headers, body).await
    }

    async fn send(
        &self,
        what: &str,
        ty: &str,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Published, TransportError> {
        let shared = &*self.shared;
        let subject = subject::subject(&shared.prefix, ty);
        if subject.len() > MAX_SUBJECT {
            let what = format!("{what}: its type makes a subject of over {MAX_SUBJECT} bytes");
            return Err(TransportError::new(TransportErrorKind::Rejected, what));
        }
        headers.insert("Nats-Expected-Stream", shared.stream.name.as_str());
        let answer = shared.api.request(what, &subject, Some(headers), body);
        let answer = answer.await?;
        let stored: PublishAck =
            read(what, &answer.payload)?.map_err(|error| refused(what, error))?;
        Ok(Published::at(stored.sequence).duplicate(stored.duplicate))
    }
}

impl Publisher for Nats {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(self.send_event(event))
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            let mut headers = message::raw_headers(message)?;
            if let Some(id) = &message.id {
                headers.insert("Nats-Msg-Id", encoded_id(id).to_string());
            }
            let what = format!("publish a message to `{ty}`");
            self.send(&what, ty, headers, message.body.clone()).await
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
