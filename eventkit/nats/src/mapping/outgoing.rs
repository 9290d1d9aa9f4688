//! Conversion of events and raw messages to messages for publishing.

use std::borrow::Cow;
use std::fmt::Display;

use async_nats::HeaderMap;
use bytes::Bytes;
use eventkit::transport::{RawMessage, TransportError, check_not_reserved};
use eventkit::{Event, Limits};

use super::message::{self, Mode};
use super::subjects::Subjects;
use crate::binding::with_limits;

/// The settings for converting events to messages.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) subjects: Subjects,
    pub(crate) mode: Mode,
    pub(crate) limits: Limits,
}

/// A message and its subject.
#[derive(Debug)]
pub(crate) struct OutgoingMessage {
    pub(crate) subject: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Mapping {
    /// Encodes an event; `operation` completes the message "failed to ..".
    ///
    /// # Errors
    ///
    /// Returns an error if the event has no subject, cannot be encoded, or would be refused by a
    /// consumer with the same limits.
    pub(crate) fn encode(
        &self,
        operation: &(impl Display + ?Sized),
        event: &Event,
    ) -> Result<OutgoingMessage, TransportError> {
        check_not_reserved(event.ty())?;
        let subject = self.subjects.of_event(event);
        let subject = subject.map_err(|error| error.into_error(operation))?;
        let encoded = self.mode.encode(event).map_err(|error| {
            TransportError::rejected(format!("failed to encode {event}")).with_source(error)
        })?;
        let sizes = encoded.headers.iter();
        let sizes = sizes.map(|(name, value)| name.len() + value.len());
        let checked = self.limits.check_event(event);
        checked
            .and_then(|()| self.limits.check_message(sizes, encoded.body.len()))
            .map_err(|error| {
                let reason = "a consumer with the same limits would refuse it";
                TransportError::rejected(format!("failed to {operation}: {reason}"))
                    .with_source(error)
            })?;
        let mut headers = HeaderMap::new();
        for (name, value) in encoded.headers {
            // Each name occurs once.
            headers.insert(message::header_name(name)?, message::header_value(value)?);
        }
        Ok(OutgoingMessage {
            subject,
            headers,
            body: encoded.body,
        })
    }

    /// Converts a raw message for an event type; `operation` completes the message "failed to ..".
    ///
    /// # Errors
    ///
    /// Returns an error if the message has no subject, or has headers that NATS cannot represent.
    pub(crate) fn convert(
        &self,
        operation: &(impl Display + ?Sized),
        ty: &str,
        message: &RawMessage,
    ) -> Result<OutgoingMessage, TransportError> {
        let decode = || {
            let decoder = with_limits(self.limits);
            let event = decoder.decode(&message.headers, message.body.clone());
            event.ok().map(Cow::Owned)
        };
        let subject = self.subjects.of_raw(ty, decode);
        Ok(OutgoingMessage {
            subject: subject.map_err(|error| error.into_error(operation))?,
            headers: message::headers(&message.headers)?,
            body: message.body.clone(),
        })
    }
}
