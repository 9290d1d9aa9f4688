//! The JSON format with limits of one's own.

use bytes::Bytes;

use super::{Format, Json, decode, lenient, structured};
use crate::error::{DecodeError, EncodeError};
use crate::event::{Event, LenientEvent, Limits};
use crate::typed::CloudEvent;

/// Is the [JSON event format](Json) with other [`Limits`] than the default ones.
///
/// It is made by [`Json::with_limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitedJson {
    limits: Limits,
}

impl Json {
    /// Returns the format with other limits.
    ///
    /// ```
    /// use eventkit::format::{Format, Json};
    /// use eventkit::{DecodeErrorKind, Limits};
    ///
    /// let bytes = r#"[{"specversion":"1.0","id":"1","source":"/s","type":"t"},{}]"#;
    /// let json = Json.with_limits(Limits::DEFAULT.batch_events(1));
    /// let error = json.decode_batch(bytes.into()).unwrap_err();
    /// assert_eq!(error.kind(), DecodeErrorKind::TooLarge);
    /// ```
    #[must_use]
    pub const fn with_limits(self, limits: Limits) -> LimitedJson {
        LimitedJson { limits }
    }
}

impl LimitedJson {
    /// Decodes one event straight into a derived type: envelope and data in one pass.
    ///
    /// # Errors
    ///
    /// Where the bytes are over a limit, are not one valid event, or it is not a `T`.
    pub fn decode_as<T: CloudEvent>(&self, bytes: &[u8]) -> Result<T, DecodeError> {
        structured::decode(bytes, self.limits)
    }
}

impl Format for LimitedJson {
    fn content_type(&self) -> &str {
        Json.content_type()
    }

    fn batch_content_type(&self) -> Option<&str> {
        Json.batch_content_type()
    }

    fn encode(&self, event: &Event) -> Result<Bytes, EncodeError> {
        Json.encode(event)
    }

    fn decode(&self, bytes: Bytes) -> Result<Event, DecodeError> {
        decode::event(bytes, self.limits)
    }

    fn encode_batch(&self, events: &[Event]) -> Result<Bytes, EncodeError> {
        Json.encode_batch(events)
    }

    fn decode_batch(&self, bytes: Bytes) -> Result<Vec<Event>, DecodeError> {
        decode::batch(bytes, self.limits)
    }

    fn decode_lenient(&self, bytes: Bytes) -> Result<LenientEvent, DecodeError> {
        lenient::event(&bytes, self.limits)
    }

    fn decode_batch_lenient(&self, bytes: Bytes) -> Result<Vec<LenientEvent>, DecodeError> {
        lenient::batch(&bytes, self.limits)
    }

    fn encode_lenient(&self, event: &LenientEvent) -> Result<Bytes, EncodeError> {
        Json.encode_lenient(event)
    }

    fn encode_batch_lenient(&self, events: &[LenientEvent]) -> Result<Bytes, EncodeError> {
        Json.encode_batch_lenient(events)
    }
}
