//! Messages that may violate the specification, for programs that pass them on.

use std::borrow::Cow;

use bytes::Bytes;

use super::Message;
use super::decode::{self, CONTENT_TYPE, Decoder, MODES, Mode, PREFIX};
use super::encode::{encode_binary, header, in_value};
use crate::binding::attribute_name;
use crate::binding::unchecked::{self, of_unknown_format, raw_text};
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::event::{
    LenientEvent, Parsed, UncheckedEvent, UncheckedValue, Violation, declares_batch, name,
};
use crate::format::{self, Format};

/// Decodes one event that may violate the specification, in binary or structured content mode.
///
/// [`LenientEvent`] describes what is preserved.
///
/// ```
/// use eventkit::binding::kafka;
///
/// let headers = [
///     ("ce_specversion", "1.0"), ("ce_id", "1"), ("ce_source", "/s"), ("ce_type", "t"),
///     ("ce_dataschema", "#"),
/// ];
/// let event = kafka::decode_lenient(&headers, None)?;
/// assert_eq!(event.violations()[0].attribute(), "dataschema");
/// let message = kafka::encode_lenient(&event)?;
/// assert_eq!(message.header("ce_dataschema"), Some(&b"#"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Returns an error if the message is not an event at all, is a batch, exceeds one of the default
/// [`Limits`](crate::Limits), or has a value that its event format cannot decode.
pub fn decode_lenient<N: AsRef<str>, V: AsRef<[u8]>>(
    headers: &[(N, V)],
    value: Option<Bytes>,
) -> Result<LenientEvent, DecodeError> {
    Decoder::default().decode_lenient(headers, value)
}

/// Encodes an event that may violate the specification, in the content mode in which it was
/// received.
///
/// For an event that was received over Kafka, the `ce_` headers, the `content-type` and the value
/// are preserved byte for byte. An event that was decoded with an event format is encoded in
/// structured mode, and any other event in binary mode.
///
/// # Errors
///
/// Returns an error if [`encode_binary_lenient`] does.
pub fn encode_lenient(event: &LenientEvent) -> Result<Message, EncodeError> {
    match (event.message::<Received>(), event.text()) {
        (Some(received), _) => Ok(received.message.clone()),
        (None, Some((media_type, text))) => Ok(in_value(media_type, text.clone())),
        (None, None) => encode_binary_lenient(event),
    }
}

/// Encodes an event that may violate the specification in binary content mode.
///
/// # Errors
///
/// Returns an error if [`encode_binary`] would, or if an attribute or the data cannot be
/// represented in headers or a value.
pub fn encode_binary_lenient(event: &LenientEvent) -> Result<Message, EncodeError> {
    match (event.message::<Received>(), event.parsed()) {
        (Some(received), _) if received.is_binary => Ok(received.message.clone()),
        (_, Parsed::Valid(event)) => encode_binary(event),
        (_, Parsed::Unchecked(raw)) => binary_message(raw),
    }
}

/// Encodes an event that may violate the specification in structured content mode.
///
/// # Errors
///
/// Returns an error if the format cannot represent the event.
pub fn encode_structured_lenient(
    event: &LenientEvent,
    format: &dyn Format,
) -> Result<Message, EncodeError> {
    let has_text = event.text_in(format.content_type()).is_some();
    match event.message::<Received>() {
        Some(received) if has_text && received.declares_events() => Ok(received.message.clone()),
        _ => Ok(in_value(
            format.content_type(),
            format.encode_lenient(event)?,
        )),
    }
}

impl Decoder {
    /// Decodes one event that may violate the specification.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode_lenient`] does, with the limits of this decoder.
    pub fn decode_lenient<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: &[(N, V)],
        value: Option<Bytes>,
    ) -> Result<LenientEvent, DecodeError> {
        let headers = decode::pairs(headers);
        let (mode, violation) = self.lenient_mode(headers.clone(), value.as_deref())?;
        let is_binary = matches!(mode, Mode::Binary);
        let message = Message {
            headers: own_headers(headers.clone(), is_binary),
            value: value.clone(),
        };
        let event = match mode {
            Mode::Binary => self.binary(headers, value.as_ref())?,
            Mode::Structured(essence) => match format::find(&essence, self.limits) {
                Ok(format) => format.decode_lenient(value.unwrap_or_default())?,
                Err(_) => of_unknown_format(CONTENT_TYPE, &essence, MODES),
            },
        };
        let event = event.with_violations(violation);
        Ok(event.with_message(Received { message, is_binary }))
    }

    /// Determines the content mode, and checks the `content-type` that declares it.
    ///
    /// Returns an error if several `content-type` headers declare different content modes, because
    /// another program may choose a different one.
    fn lenient_mode<'a>(
        &self,
        headers: impl Iterator<Item = (&'a str, &'a [u8])> + Clone,
        value: Option<&[u8]>,
    ) -> Result<(Mode, Option<Violation>), DecodeError> {
        let error = match self.mode(headers.clone(), value) {
            Ok(mode) => return Ok((mode, None)),
            Err(error) => error,
        };
        let [violation] = error.violations() else {
            return Err(error);
        };
        let mut formats = decode::content_types(headers).map(|value| {
            let text = decode::events_content_type(value)?;
            let essence = text.split(';').next().unwrap_or_default();
            Some(essence.trim().to_ascii_lowercase())
        });
        match formats.next().flatten() {
            Some(essence) if declares_batch(&essence) => Err(DecodeError::a_batch()),
            Some(essence) if formats.all(|other| other.is_some()) => {
                Ok((Mode::Structured(essence), Some(violation.clone())))
            }
            _ => Err(error),
        }
    }

    fn binary<'a>(
        &self,
        headers: impl Iterator<Item = (&'a str, &'a [u8])> + Clone,
        value: Option<&Bytes>,
    ) -> Result<LenientEvent, DecodeError> {
        let body = value.map(|value| &**value);
        let read = || decode::read_binary(headers.clone(), body, self.limits);
        match read()?.into_event_of(value.cloned()) {
            Ok(event) => return Ok(event.into()),
            Err(error) => match error.kind() {
                DecodeErrorKind::Invalid | DecodeErrorKind::SpecVersion => {}
                _ => return Err(error),
            },
        }
        let (violations, data) = read()?.into_violations(value.cloned())?;
        let (attributes, data) = (attributes(headers), Ok(data));
        Ok(LenientEvent::new(
            UncheckedEvent { attributes, data },
            violations,
        ))
    }
}

/// A message as it was received, with the content mode in which it was decoded.
struct Received {
    message: Message,
    is_binary: bool,
}

impl Received {
    /// Returns whether every receiver would decode the message in structured mode.
    fn declares_events(&self) -> bool {
        let content_type = self.message.header(CONTENT_TYPE);
        content_type.and_then(decode::events_content_type).is_some()
    }
}

/// Returns the headers that belong to the event: in structured mode, this excludes `ce_` headers.
fn own_headers<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    is_binary: bool,
) -> Vec<(Cow<'static, str>, Vec<u8>)> {
    let own = headers.filter(|(name, _)| {
        let is_attribute = || attribute_name(name, PREFIX).is_some();
        decode::is_content_type(name) || (is_binary && is_attribute())
    });
    own.map(|(name, value)| (name.to_owned().into(), value.to_vec()))
        .collect()
}

/// Returns the attributes as they were received, including the content type.
fn attributes<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Vec<(String, UncheckedValue)> {
    let attributes = headers.filter_map(|(header, value)| {
        let name = if decode::is_content_type(header) {
            name::DATACONTENTTYPE.to_owned()
        } else {
            attribute_name(header, PREFIX)?.into_owned()
        };
        Some((name, raw_text(value)))
    });
    attributes.collect()
}

/// Encodes an event that was received in another mode or format.
fn binary_message(event: &UncheckedEvent) -> Result<Message, EncodeError> {
    let mut headers = Vec::new();
    let value = unchecked::encode(event, |name, text| {
        // Names of headers match in any case.
        headers.push(header(&name.to_ascii_lowercase(), text.into())?);
        Ok(())
    })?;
    Ok(Message { headers, value })
}
