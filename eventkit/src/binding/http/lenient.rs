//! Messages that may violate the specification, for programs that pass them on.

use std::mem::discriminant;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use super::Message;
use super::decode::{self, Decoder, Mode, PREFIX};
use super::encode::{append, encode_binary, in_body};
use crate::binding::header_value;
use crate::binding::unchecked::{self, of_unknown_format, raw_text};
use crate::error::{BuildError, DecodeError, DecodeErrorKind, EncodeError};
use crate::event::{
    LenientEvent, Parsed, UncheckedEvent, UncheckedValue, Violation, declares_events, name,
};
use crate::format::{self, Format};

/// Decodes one event that may violate the specification, in binary or structured content mode.
///
/// [`LenientEvent`] describes what is preserved, and has an example of a proxy.
///
/// # Errors
///
/// Returns an error if the message is not an event at all, is a batch, exceeds one of the default
/// [`Limits`](crate::Limits), or has a body that its event format cannot decode.
pub fn decode_lenient(headers: &HeaderMap, body: Bytes) -> Result<LenientEvent, DecodeError> {
    Decoder::default().decode_lenient(headers, body)
}

/// Decodes a batch of events that may violate the specification; a message in another content mode
/// counts as a batch of one event.
///
/// # Errors
///
/// Returns an error if [`decode_lenient`] would for an element, or if a batch has a malformed
/// `Content-Type`, an unregistered event format, or a `Content-Encoding`.
pub fn decode_batch_lenient(
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Vec<LenientEvent>, DecodeError> {
    Decoder::default().decode_batch_lenient(headers, body)
}

/// Encodes an event that may violate the specification, in the content mode in which it was
/// received.
///
/// For an event that was received over HTTP, the `ce-` headers, the `Content-Type`, the
/// `Content-Encoding` and the body are preserved byte for byte. An event that was decoded with an
/// event format is encoded in structured mode, and any other event in binary mode.
///
/// # Errors
///
/// Returns an error if [`encode_binary`] does.
pub fn encode_lenient(event: &LenientEvent) -> Result<Message, EncodeError> {
    match (event.message::<Received>(), event.text()) {
        (Some(received), _) => Ok(received.message.clone()),
        (None, Some((media_type, text))) => in_body(media_type, text.clone()),
        (None, None) => encode_binary_lenient(event),
    }
}

/// Encodes an event that may violate the specification in binary content mode.
///
/// # Errors
///
/// Returns an error if [`encode_binary`] would, or if an attribute or the data cannot be
/// represented in headers or a body.
pub fn encode_binary_lenient(event: &LenientEvent) -> Result<Message, EncodeError> {
    if event
        .message::<Received>()
        .is_some_and(|received| received.is_binary)
    {
        return encode_lenient(event);
    }
    match event.parsed() {
        Parsed::Valid(event) => encode_binary(event),
        Parsed::Unchecked(raw) => binary_message(raw),
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
        Some(received) if has_text && received.has_content_type_of_events() => {
            encode_lenient(event)
        }
        _ => in_body(format.content_type(), format.encode_lenient(event)?),
    }
}

/// Encodes events that may violate the specification in batched content mode.
///
/// # Errors
///
/// Returns an error if the format does not support batches, or cannot represent an event.
pub fn encode_batch_lenient(
    events: &[LenientEvent],
    format: &dyn Format,
) -> Result<Message, EncodeError> {
    let media_type = format
        .batch_content_type()
        .ok_or_else(|| EncodeError::no_batch(format.content_type()))?;
    in_body(media_type, format.encode_batch_lenient(events)?)
}

impl Decoder {
    /// Decodes one event that may violate the specification.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode_lenient`] does.
    pub fn decode_lenient(
        &self,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<LenientEvent, DecodeError> {
        self.check_size(headers, &body)?;
        let (mode, violation) = self.lenient_mode(headers, &body)?;
        let is_binary = matches!(mode, Mode::Binary(_));
        let received = Received {
            message: Message {
                headers: own_headers(headers, is_binary),
                body: body.clone(),
            },
            is_binary,
        };
        let event = match (mode, decode::content_encoding(headers)) {
            (Mode::Batched(_), _) => return Err(DecodeError::a_batch()),
            (mode, Some(encoding)) => self.encoded(headers, &mode, &encoding)?,
            (Mode::Structured(essence), None) => match format::find(&essence, self.limits) {
                Ok(format) => format.decode_lenient(body)?,
                Err(_) => of_unknown_format("Content-Type", &essence, "HTTP binding, 3.2.1"),
            },
            (Mode::Binary(content_type), None) => self.binary(headers, content_type, body)?,
        };
        Ok(event.with_violations(violation).with_message(received))
    }

    /// Decodes a batch of events that may violate the specification.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode_batch_lenient`] does.
    pub fn decode_batch_lenient(
        &self,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Vec<LenientEvent>, DecodeError> {
        self.check_size(headers, &body)?;
        let (mode, violation) = self.lenient_mode(headers, &body)?;
        let Mode::Batched(essence) = mode else {
            return self.decode_lenient(headers, body).map(|event| vec![event]);
        };
        if let Some(encoding) = decode::content_encoding(headers) {
            return Err(DecodeError::content_encoding(&encoding));
        }
        // An empty batch has no element that could carry the violation.
        violation.map_or(Ok(()), Err)?;
        let format = format::find(&essence, self.limits)?;
        format.decode_batch_lenient(body)
    }

    /// Returns the error for a message with a malformed `Content-Type`, together with all other
    /// violations.
    pub(super) fn all_wrong(
        &self,
        headers: &HeaderMap,
        body: &Bytes,
        violation: Violation,
    ) -> DecodeError {
        if !matches!(self.lenient_mode(headers, body), Ok((Mode::Binary(_), _))) {
            return violation.into();
        }
        let read = decode::read_binary(headers, None, body, self.limits);
        match read.and_then(|reader| reader.into_violations(Some(body.clone()))) {
            Ok((mut violations, _)) => {
                violations.push(violation);
                BuildError::new(violations).into()
            }
            Err(error) if error.exceeded().is_some() => error,
            Err(_) => violation.into(),
        }
    }

    /// Determines the content mode, and checks the `Content-Type` that declares it.
    ///
    /// Returns an error if several `Content-Type` headers declare different content modes, because
    /// another program may choose a different one.
    fn lenient_mode<'a>(
        &self,
        headers: &'a HeaderMap,
        body: &Bytes,
    ) -> Result<(Mode<'a>, Option<Violation>), Violation> {
        let violation = match decode::mode(headers) {
            Ok(mode) => return Ok((self.tolerated_mode(mode, headers, body), None)),
            Err(violation) => violation,
        };
        let values = headers.get_all(CONTENT_TYPE).iter();
        let mut modes = values.map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
            let essence = text.split(';').next().unwrap_or_default().trim();
            Mode::of(essence.to_owned(), None)
        });
        let mode = modes.next().unwrap_or(Mode::Binary(None));
        if modes.any(|other| discriminant(&other) != discriminant(&mode)) {
            return Err(violation);
        }
        Ok((mode, Some(violation)))
    }

    /// Returns the readable parts of an event whose body has a content encoding.
    fn encoded(
        &self,
        headers: &HeaderMap,
        mode: &Mode<'_>,
        encoding: &str,
    ) -> Result<LenientEvent, DecodeError> {
        let (expected, section) = ("a body without a content encoding", "HTTP binding, 3");
        let violation = Violation::new("Content-Encoding", encoding, expected, section);
        let (attributes, violations) = if let Mode::Binary(content_type) = mode {
            let reader = decode::read_binary(headers, *content_type, &[], self.limits)?;
            let (violations, _) = reader.into_violations(None)?;
            (self.attributes(headers), violations)
        } else {
            (Vec::new(), Vec::new())
        };
        let data = Err("the body has a `Content-Encoding`");
        let event = LenientEvent::new(UncheckedEvent { attributes, data }, violations);
        Ok(event.with_violations([violation]))
    }

    fn binary(
        &self,
        headers: &HeaderMap,
        content_type: Option<&str>,
        body: Bytes,
    ) -> Result<LenientEvent, DecodeError> {
        match self.decode(headers, body.clone()) {
            Ok(event) => return Ok(event.into()),
            Err(error) => match error.kind() {
                DecodeErrorKind::Invalid | DecodeErrorKind::SpecVersion => {}
                _ => return Err(error),
            },
        }
        let reader = decode::read_binary(headers, content_type, &body, self.limits)?;
        let (violations, data) = reader.into_violations(Some(body))?;
        let attributes = self.attributes(headers);
        let data = Ok(data);
        Ok(LenientEvent::new(
            UncheckedEvent { attributes, data },
            violations,
        ))
    }

    /// Returns the attributes as they were received, including the content type.
    fn attributes(&self, headers: &HeaderMap) -> Vec<(String, UncheckedValue)> {
        let attributes = headers.iter().filter_map(|(header, value)| {
            if header == CONTENT_TYPE {
                let text = raw_text(value.as_bytes());
                return Some((name::DATACONTENTTYPE.to_owned(), text));
            }
            let attribute = header.as_str().strip_prefix(PREFIX)?;
            let raw_percent_signs = self.limits.raw_percent_signs;
            let text = header_value::decode_with(value.as_bytes(), raw_percent_signs).map_or_else(
                |_| raw_text(value.as_bytes()),
                |text| UncheckedValue::Text(text.into_owned()),
            );
            Some((attribute.to_owned(), text))
        });
        attributes.collect()
    }
}

/// A message as it was received, with the content mode in which it was decoded.
struct Received {
    message: Message,
    is_binary: bool,
}

impl Received {
    /// Returns whether every receiver would decode the message in structured mode.
    fn has_content_type_of_events(&self) -> bool {
        let content_type = self.message.headers.get(CONTENT_TYPE);
        content_type
            .is_some_and(|value| declares_events(&String::from_utf8_lossy(value.as_bytes())))
    }
}

/// Returns the headers that belong to the event: in structured mode, this excludes `ce-` headers.
fn own_headers(headers: &HeaderMap, is_binary: bool) -> HeaderMap {
    let own = headers.iter().filter(|(name, _)| {
        let of_body = [CONTENT_TYPE, CONTENT_ENCODING].contains(name);
        of_body || (is_binary && name.as_str().starts_with(PREFIX))
    });
    let mut kept = HeaderMap::new();
    for (name, value) in own {
        kept.append(name, value.clone());
    }
    kept
}

/// Encodes an event that was received in another mode or format.
fn binary_message(event: &UncheckedEvent) -> Result<Message, EncodeError> {
    let mut headers = HeaderMap::new();
    let body = unchecked::encode(event, |name, text| {
        // A content type is not encoded, and receivers strip the white space around it.
        if name == name::DATACONTENTTYPE && text.trim() != text {
            return Err(EncodeError::header(name));
        }
        append(&mut headers, name, text)
    })?;
    Ok(Message {
        headers,
        body: body.unwrap_or_default(),
    })
}
