//! The JSON event format and the JSON batch format.

mod decode;
mod encode;
mod lenient;
mod scan;
mod transcode;

use bytes::Bytes;

use super::Format;
use crate::error::{DecodeError, EncodeError};
use crate::event::{Event, LenientEvent, Limits, buffer_pool};
use crate::typed::{CloudEvent, EventWriter};

/// The media type of one event.
const CONTENT_TYPE: &str = "application/cloudevents+json";

/// The JSON event format, including its batch format (JSON Event Format for CloudEvents 1.0).
///
/// The bytes of JSON data are preserved: a decoded event shares the bytes of its input, and an
/// encoded one is not parsed again. Only white space around the data is dropped. The attributes of
/// an event share the input as well, but all of them are copied if one of them has escapes or is
/// implied. An event without JSON data does not keep the input in memory. A `data` member without
/// `datacontenttype` is JSON, and decoding sets the `datacontenttype` accordingly (section 3.1.2).
///
/// ```
/// use eventkit::Event;
/// use eventkit::format::{Format, Json};
///
/// let event = Event::builder().id("1").source("/s").ty("t").data_json(&[1, 2])?.build()?;
/// let bytes = Json.encode(&event)?;
/// assert_eq!(Json.decode(bytes)?, event);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json;

/// The [JSON event format](Json) with custom [`Limits`]; created by [`Json::with_limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitedJson {
    limits: Limits,
}

impl Json {
    /// Returns the format with custom limits.
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

    /// Decodes one event directly into a derived type: attributes and data in one pass.
    ///
    /// ```
    /// use eventkit::CloudEvent;
    /// use eventkit::format::Json;
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
    /// #[cloudevent(type = "co.outcome.beat", source = "/clock")]
    /// struct Beat { count: u8 }
    ///
    /// let bytes = br#"{"specversion":"1.0","id":"1","source":"/s","type":"co.outcome.beat","data":{"count":7}}"#;
    /// assert_eq!(Json.decode_as::<Beat>(bytes)?, Beat { count: 7 });
    /// # Ok::<(), eventkit::DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes exceed one of the default [`Limits`], are not one valid event,
    /// or are not a `T`.
    pub fn decode_as<T: CloudEvent>(&self, bytes: &[u8]) -> Result<T, DecodeError> {
        decode::typed(bytes, self.limits())
    }

    /// Encodes a typed value directly as an event, with a random id and the current time unless
    /// fields set them.
    ///
    /// The result is the same as that of encoding [`to_event`](CloudEvent::to_event), except for
    /// the order of the members, but takes only one allocation.
    ///
    /// ```
    /// use eventkit::CloudEvent;
    /// use eventkit::format::Json;
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
    /// #[cloudevent(type = "co.outcome.beat", source = "/clock")]
    /// struct Beat { count: u8 }
    ///
    /// let bytes = Json.encode_typed(&Beat { count: 7 })?;
    /// assert!(bytes.ends_with(br#","data":{"count":7}}"#));
    /// # Ok::<(), eventkit::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if [`to_event`](CloudEvent::to_event) does.
    pub fn encode_typed<T: CloudEvent>(&self, value: &T) -> Result<Bytes, EncodeError> {
        value.write_to(encode::JsonWriter)
    }

    #[expect(
        clippy::unused_self,
        reason = "the method also exists for formats with other limits"
    )]
    fn limits(self) -> Limits {
        Limits::DEFAULT
    }
}

impl LimitedJson {
    /// Decodes one event directly into a derived type: attributes and data in one pass.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes exceed a limit, are not one valid event, or are not a `T`.
    pub fn decode_as<T: CloudEvent>(&self, bytes: &[u8]) -> Result<T, DecodeError> {
        decode::typed(bytes, self.limits())
    }

    fn limits(self) -> Limits {
        self.limits
    }
}

/// Implements the format for types with limits.
macro_rules! json_format {
    ($($type:ty),*) => {$(
        impl Format for $type {
            fn content_type(&self) -> &'static str {
                CONTENT_TYPE
            }

            fn batch_content_type(&self) -> Option<&'static str> {
                Some("application/cloudevents-batch+json")
            }

            fn encode(&self, event: &Event) -> Result<Bytes, EncodeError> {
                encode::JsonWriter.write_event(event)
            }

            fn decode(&self, bytes: Bytes) -> Result<Event, DecodeError> {
                decode::event(bytes, self.limits())
            }

            fn encode_batch(&self, events: &[Event]) -> Result<Bytes, EncodeError> {
                encode::batch(events, encode::event)
            }

            fn decode_batch(&self, bytes: Bytes) -> Result<Vec<Event>, DecodeError> {
                decode::batch(bytes, self.limits())
            }

            fn decode_lenient(&self, bytes: Bytes) -> Result<LenientEvent, DecodeError> {
                lenient::event(&bytes, self.limits())
            }

            fn decode_batch_lenient(&self, bytes: Bytes) -> Result<Vec<LenientEvent>, DecodeError> {
                lenient::batch(&bytes, self.limits())
            }

            fn encode_lenient(&self, event: &LenientEvent) -> Result<Bytes, EncodeError> {
                buffer_pool::write_to_bytes(&mut |out| lenient::encode(event, out))
            }

            fn encode_batch_lenient(&self, events: &[LenientEvent]) -> Result<Bytes, EncodeError> {
                encode::batch(events, lenient::encode)
            }
        }
    )*};
}

json_format!(Json, LimitedJson);
