//! Decoding of messages to events, and directly to typed values.

use bytes::Bytes;

use crate::binding::{self, BinaryReader};
use crate::error::DecodeError;
use crate::event::{Event, Limits, Violation, declares_json, name};
use crate::format::{self, Format, Json};
use crate::typed::CloudEvent;

/// The prefix of attribute headers (section 3.2.3.1).
pub(super) const PREFIX: &str = "ce_";

/// The header of the content type (sections 3.2.1 and 3.3.1).
pub(super) const CONTENT_TYPE: &str = "content-type";

/// The section on the content type that determines the content mode.
pub(super) const MODES: &str = "Kafka binding, 3";

/// The content mode of a message.
pub(super) enum Mode {
    Binary,
    /// Structured mode, in the format of this media type: lowercase, without parameters.
    Structured(String),
}

/// A decoder of messages with [`Limits`]; created by [`with_limits`].
///
/// The limits on attributes and depth apply to the binary mode, to the [JSON format](Json), and to
/// other formats that [apply those of a binding](Format::limited_by).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decoder {
    pub(super) limits: Limits,
}

/// Creates a decoder with limits.
///
/// ```
/// use eventkit::binding::kafka;
/// use eventkit::{DecodeErrorKind, Event, Limits};
///
/// let event = Event::builder().source("/s").ty("t").extension("n", 7).build()?;
/// let message = kafka::encode_binary(&event)?;
///
/// let decoder = kafka::with_limits(Limits::DEFAULT.headers(5));
/// let error = decoder.decode(&message.headers, message.value).unwrap_err();
/// assert_eq!(error.kind(), DecodeErrorKind::TooLarge);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub const fn with_limits(limits: Limits) -> Decoder {
    Decoder { limits }
}

/// Decodes one event in binary or structured content mode.
///
/// The names of headers match in any case, as in other SDKs. In binary mode, the null value means no
/// data, and so does an empty one, unless it is valid for the `content-type`.
///
/// # Errors
///
/// Returns an error if the message is not an event, is malformed, violates the specification,
/// exceeds one of the default [`Limits`], has an unregistered event format, or is a batch.
pub fn decode<N: AsRef<str>, V: AsRef<[u8]>>(
    headers: &[(N, V)],
    value: Option<Bytes>,
) -> Result<Event, DecodeError> {
    Decoder::default().decode(headers, value)
}

/// Decodes one event directly into a derived type, without an intermediate [`Event`].
///
/// # Errors
///
/// Returns an error if [`decode`] would, or if the event is not a `T`.
pub fn decode_as<T: CloudEvent>(
    headers: &[(impl AsRef<str>, impl AsRef<[u8]>)],
    value: Option<Bytes>,
) -> Result<T, DecodeError> {
    Decoder::default().decode_as(headers, value)
}

impl Decoder {
    /// Decodes one event in binary or structured content mode.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode`] does, with the limits of this decoder.
    pub fn decode<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: &[(N, V)],
        value: Option<Bytes>,
    ) -> Result<Event, DecodeError> {
        let headers = pairs(headers);
        match self.mode(headers.clone(), value.as_deref())? {
            Mode::Binary => {
                read_binary(headers, value.as_deref(), self.limits)?.into_event_of(value)
            }
            Mode::Structured(essence) => {
                format::decode(&essence, value.unwrap_or_default(), self.limits)
            }
        }
    }

    /// Decodes one event directly into a derived type, without an intermediate [`Event`].
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode_as`] does, with the limits of this decoder.
    pub fn decode_as<T: CloudEvent>(
        &self,
        headers: &[(impl AsRef<str>, impl AsRef<[u8]>)],
        value: Option<Bytes>,
    ) -> Result<T, DecodeError> {
        let headers = pairs(headers);
        let read = value.as_deref();
        match self.mode(headers.clone(), read)? {
            Mode::Binary => read_binary(headers, read, self.limits)?.into_typed_of(read),
            Mode::Structured(essence) => {
                format::decode_as(&essence, value.unwrap_or_default(), self.limits)
            }
        }
    }

    /// Checks the size of a message, and determines its content mode (section 3).
    pub(super) fn mode<'a>(
        &self,
        headers: impl Iterator<Item = (&'a str, &'a [u8])> + Clone,
        value: Option<&[u8]>,
    ) -> Result<Mode, DecodeError> {
        let value = value.unwrap_or_default();
        let sizes = headers.clone();
        let sizes = sizes.map(|(name, value)| name.len() + value.len());
        self.limits.check_message(sizes, value.len())?;
        let mut content_types = content_types(headers.clone());
        let first = content_types.next();
        // A content type that is not UTF-8 is not that of an event; binary mode refuses it.
        let mut all = first.into_iter().chain(content_types.clone());
        let Some(text) = all.find_map(events_content_type) else {
            let declares_json = |text: &[u8]| std::str::from_utf8(text).is_ok_and(declares_json);
            let is_event = self.limits.json_as_events
                && first.is_none_or(declares_json)
                && value.trim_ascii_start().first() == Some(&b'{')
                && !has_attributes(headers);
            return Ok(if is_event {
                Mode::Structured(Json.content_type().to_owned())
            } else {
                Mode::Binary
            });
        };
        if content_types.next().is_some() {
            let expected = "one `content-type` header";
            return Err(Violation::new(CONTENT_TYPE, text, expected, MODES).into());
        }
        let format = binding::structured_format(CONTENT_TYPE, text, MODES)?;
        Ok(format.map_or(Mode::Binary, Mode::Structured))
    }
}

/// Returns names and values of headers.
pub(super) fn pairs<N: AsRef<str>, V: AsRef<[u8]>>(
    headers: &[(N, V)],
) -> impl Iterator<Item = (&str, &[u8])> + Clone {
    let headers = headers.iter();
    headers.map(|(name, value)| (name.as_ref(), value.as_ref()))
}

/// Returns the values of all `content-type` headers.
pub(super) fn content_types<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])> + Clone,
) -> impl Iterator<Item = &'a [u8]> + Clone {
    let found = headers.filter(|(name, _)| is_content_type(name));
    found.map(|(_, value)| value)
}

pub(super) fn is_content_type(header: &str) -> bool {
    header.eq_ignore_ascii_case(CONTENT_TYPE)
}

/// Returns the text of a content type that declares structured mode.
pub(super) fn events_content_type(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?.trim();
    binding::is_structured(text).then_some(text)
}

fn has_attributes<'a>(mut headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> bool {
    headers.any(|(name, _)| binding::attribute_name(name, PREFIX).is_some())
}

/// Reads the headers of a message in binary content mode.
pub(super) fn read_binary<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    value: Option<&[u8]>,
    limits: Limits,
) -> Result<BinaryReader<'a>, DecodeError> {
    let mut reader = BinaryReader::new(limits);
    let mut is_event = false;
    for (header, value) in headers {
        let Some(attribute) = binding::attribute_name(header, PREFIX) else {
            if is_content_type(header) {
                reader.utf8_header(name::DATACONTENTTYPE, value, "Kafka binding, 3.2.1");
            }
            continue;
        };
        is_event |= matches!(&*attribute, name::SPECVERSION | name::ID | name::TYPE);
        if attribute == name::DATACONTENTTYPE {
            let text = String::from_utf8_lossy(value);
            let expected = "the `content-type` header instead";
            let section = "Kafka binding, 3.2.1";
            let violation = Violation::new(name::DATACONTENTTYPE, &text, expected, section);
            reader.add_violation(violation);
        } else {
            reader.utf8_header(attribute, value, "Kafka binding, 3.2.3");
        }
    }
    if is_event {
        Ok(reader)
    } else {
        let value = value.unwrap_or_default();
        Err(binding::not_an_event(PREFIX, value))
    }
}
