//! Messages that may break the specification, for programs that pass them on.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

use super::Message;
use super::decode::{self, Decoder, Mode, PREFIX};
use super::encode::{append, encode_binary, in_body};
use crate::binding::header_value;
use crate::error::{BuildError, DecodeError, DecodeErrorKind, EncodeError};
use crate::event::{
    Data, JSON, LenientEvent, Parsed, UncheckedEvent, UncheckedValue, Violation, declares_events,
    name,
};
use crate::format::{self, Format};

/// Decodes one event that may break the specification, in binary or structured content mode.
///
/// [`LenientEvent`] says what is kept and shows a proxy.
///
/// # Errors
///
/// Returns an error if the message is no event at all or a batch, is over one of the default
/// [`Limits`](crate::Limits), or has a body that its event format cannot read.
pub fn decode_lenient(headers: &HeaderMap, body: Bytes) -> Result<LenientEvent, DecodeError> {
    Decoder::default().decode_lenient(headers, body)
}

/// Decodes a batch of events that may break the specification; a message in another content mode
/// is taken as a batch of one.
///
/// # Errors
///
/// Returns an error if [`decode_lenient`] would for an element, or if a batch has a malformed
/// `Content-Type`, an event format that is not registered, or a `Content-Encoding`.
pub fn decode_batch_lenient(
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Vec<LenientEvent>, DecodeError> {
    Decoder::default().decode_batch_lenient(headers, body)
}

/// Encodes an event that may break the specification in the content mode it came in.
///
/// Of what came over HTTP, the `ce-` headers, the `Content-Type`, the `Content-Encoding` and the body
/// are the same, byte for byte. What came as the text of an event format is in structured mode, and any other event in
/// binary mode.
///
/// # Errors
///
/// Returns an error if [`encode_binary`] would.
pub fn encode_lenient(event: &LenientEvent) -> Result<Message, EncodeError> {
    match (event.message::<Message>(), event.text()) {
        (Some(message), _) => Ok(message.clone()),
        (None, Some((media_type, text))) => in_body(media_type, text.clone()),
        (None, None) => encode_binary_lenient(event),
    }
}

/// Encodes an event that may break the specification in binary content mode.
///
/// # Errors
///
/// Returns an error if [`encode_binary`] would, or if an attribute or the data has no form in
/// headers or a body.
pub fn encode_binary_lenient(event: &LenientEvent) -> Result<Message, EncodeError> {
    if let Some(message) = event.message::<Message>()
        && !message.has_content_type_of_events()
    {
        return Ok(message.clone());
    }
    match event.parsed() {
        Parsed::Valid(event) => encode_binary(event),
        Parsed::Unchecked(raw) => binary_message(raw),
    }
}

/// Encodes an event that may break the specification in structured content mode.
///
/// # Errors
///
/// Returns an error if the format cannot hold the event.
pub fn encode_structured_lenient(
    event: &LenientEvent,
    format: &dyn Format,
) -> Result<Message, EncodeError> {
    match event.message::<Message>() {
        Some(message) if event.text_in(format.content_type()).is_some() => Ok(message.clone()),
        _ => in_body(format.content_type(), format.encode_lenient(event)?),
    }
}

/// Encodes events that may break the specification in batched content mode.
///
/// # Errors
///
/// Returns an error if the format has no batches, or cannot hold an event.
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
    /// Decodes one event that may break the specification.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode_lenient`] would.
    pub fn decode_lenient(
        &self,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<LenientEvent, DecodeError> {
        self.check_size(headers, &body)?;
        let content_type = ContentType::of(headers)?;
        if content_type.is_batch() {
            return Err(DecodeError::a_batch());
        }
        let message = Message {
            headers: own_headers(headers, &content_type),
            body: body.clone(),
        };
        let event = if let Some(encoding) = decode::content_encoding(headers) {
            self.encoded(headers, content_type, &encoding)?
        } else if content_type.is_structured() {
            let event = match format::find(&content_type.essence, self.limits) {
                Ok(format) => format.decode_lenient(body)?,
                Err(_) => of_unknown_format(&content_type.essence),
            };
            event.with_violations(content_type.violation)
        } else {
            self.binary(headers, content_type, body)?
        };
        Ok(event.with_message(message))
    }

    /// Decodes a batch of events that may break the specification.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode_batch_lenient`] would.
    pub fn decode_batch_lenient(
        &self,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Vec<LenientEvent>, DecodeError> {
        self.check_size(headers, &body)?;
        let content_type = ContentType::of(headers)?;
        if !content_type.is_batch() {
            return self.decode_lenient(headers, body).map(|event| vec![event]);
        }
        if let Some(encoding) = decode::content_encoding(headers) {
            return Err(DecodeError::content_encoding(&encoding));
        }
        // There may be no element to tell it with.
        content_type.violation.map_or(Ok(()), Err)?;
        let format = format::find(&content_type.essence, self.limits)?;
        format.decode_batch_lenient(body)
    }

    /// Returns the error of a message whose `Content-Type` is malformed, with all else that is
    /// wrong.
    pub(super) fn all_wrong(
        &self,
        headers: &HeaderMap,
        body: &Bytes,
        violation: Violation,
    ) -> DecodeError {
        if ContentType::of(headers).is_ok_and(|content_type| content_type.is_structured()) {
            return violation.into();
        }
        let read = decode::read_binary(headers, None, body, self.limits);
        match read.and_then(|reader| reader.into_violations(body.clone())) {
            Ok((mut violations, _)) => {
                violations.push(violation);
                BuildError::new(violations).into()
            }
            Err(error) if error.exceeded().is_some() => error,
            Err(_) => violation.into(),
        }
    }

    /// Returns what is known of an event whose body has a content encoding.
    fn encoded(
        &self,
        headers: &HeaderMap,
        content_type: ContentType<'_>,
        encoding: &str,
    ) -> Result<LenientEvent, DecodeError> {
        let (expected, section) = ("a body without a content encoding", "HTTP binding, 3");
        let violation = Violation::new("Content-Encoding", encoding, expected, section);
        let (attributes, violations) = if content_type.is_structured() {
            (Vec::new(), Vec::new())
        } else {
            let body = Bytes::new();
            let reader = decode::read_binary(headers, content_type.text, &body, self.limits)?;
            let (violations, _) = reader.into_violations(body)?;
            (attributes(headers), violations)
        };
        let data = Err("the body has a `Content-Encoding`");
        let event = LenientEvent::new(UncheckedEvent { attributes, data }, violations);
        let more = content_type.violation.into_iter().chain([violation]);
        Ok(event.with_violations(more))
    }

    fn binary(
        &self,
        headers: &HeaderMap,
        content_type: ContentType<'_>,
        body: Bytes,
    ) -> Result<LenientEvent, DecodeError> {
        match self.decode(headers, body.clone()) {
            Ok(event) => return Ok(event.into()),
            Err(error) => match error.kind() {
                DecodeErrorKind::Invalid | DecodeErrorKind::SpecVersion => {}
                _ => return Err(error),
            },
        }
        let reader = decode::read_binary(headers, content_type.text, &body, self.limits)?;
        let (violations, data) = reader.into_violations(body)?;
        let attributes = attributes(headers);
        let data = Ok(data);
        let event = LenientEvent::new(UncheckedEvent { attributes, data }, violations);
        Ok(event.with_violations(content_type.violation))
    }
}

/// Returns what is known of an event in a format that is not registered, which is nothing.
fn of_unknown_format(media_type: &str) -> LenientEvent {
    let (expected, section) = ("a registered event format", "HTTP binding, 3.2.1");
    let violation = Violation::new("Content-Type", media_type, expected, section);
    let event = UncheckedEvent {
        attributes: Vec::new(),
        data: Err("no event format is registered for the media type of the event"),
    };
    LenientEvent::new(event, vec![violation])
}

/// The `Content-Type` of a message, which may be malformed.
struct ContentType<'a> {
    /// Its text, where it is that of data.
    text: Option<&'a str>,
    /// What of it finds the content mode and the format (section 3), where it is that of events.
    essence: String,
    violation: Option<Violation>,
}

impl<'a> ContentType<'a> {
    /// Returns an error if there are several that make different content modes: another program may
    /// take another one.
    fn of(headers: &'a HeaderMap) -> Result<Self, Violation> {
        let (text, essence, violation) = match decode::mode(headers) {
            Ok(Mode::Binary(text)) => (text, String::new(), None),
            Ok(Mode::Structured(essence) | Mode::Batched(essence)) => (None, essence, None),
            Err(violation) => {
                let values = headers.get_all(CONTENT_TYPE).iter();
                let mut modes = values.map(|value| {
                    let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
                    (declares_events(&text), decode::is_batched(&text))
                });
                let first = modes.next();
                if modes.any(|mode| Some(mode) != first) {
                    return Err(violation);
                }
                let value = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
                let text = String::from_utf8_lossy(value.unwrap_or_default());
                let essence = text.split(';').next().unwrap_or_default();
                let essence = essence.trim().to_ascii_lowercase();
                (None, essence, Some(violation))
            }
        };
        Ok(Self {
            text,
            essence,
            violation,
        })
    }

    fn is_batch(&self) -> bool {
        decode::is_batched(&self.essence)
    }

    fn is_structured(&self) -> bool {
        declares_events(&self.essence)
    }
}

/// Returns the headers that belong to the event: in structured mode, `ce-` headers do not.
fn own_headers(headers: &HeaderMap, content_type: &ContentType<'_>) -> HeaderMap {
    let own = headers.iter().filter(|(name, _)| {
        let of_body = [CONTENT_TYPE, CONTENT_ENCODING].contains(name);
        of_body || (!content_type.is_structured() && name.as_str().starts_with(PREFIX))
    });
    let mut kept = HeaderMap::new();
    for (name, value) in own {
        kept.append(name, value.clone());
    }
    kept
}

/// Reads the attributes as they came, the content type among them.
fn attributes(headers: &HeaderMap) -> Vec<(String, UncheckedValue)> {
    let attributes = headers.iter().filter_map(|(header, value)| {
        if header == CONTENT_TYPE {
            let text = raw_text(value);
            return Some((name::DATACONTENTTYPE.to_owned(), text));
        }
        let attribute = header.as_str().strip_prefix(PREFIX)?;
        let text = header_value::decode(value.as_bytes()).map_or_else(
            |_| raw_text(value),
            |text| UncheckedValue::Text(text.into_owned()),
        );
        Some((attribute.to_owned(), text))
    });
    attributes.collect()
}

fn raw_text(value: &HeaderValue) -> UncheckedValue {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => UncheckedValue::Text(text.to_owned()),
        Err(_) => UncheckedValue::Bytes(Bytes::copy_from_slice(value.as_bytes())),
    }
}

/// Writes what came in another mode or format.
fn binary_message(event: &UncheckedEvent) -> Result<Message, EncodeError> {
    event.check_names(str::to_ascii_lowercase, "headers")?;
    let mut headers = HeaderMap::new();
    for (name, value) in &event.attributes {
        let text = header_text(value).ok_or_else(|| EncodeError::header(name))?;
        append(&mut headers, name, text)?;
    }
    let data = event.data.as_ref().map_err(|why| EncodeError::data(*why))?;
    let is_json = data.as_ref().is_some_and(Data::is_json);
    if is_json && event.attribute(name::DATACONTENTTYPE).is_none() {
        // JSON format, 3.1.2: data without a content type is JSON, and is said to be.
        append(&mut headers, name::DATACONTENTTYPE, JSON)?;
    }
    let body = data.as_ref().map(|data| data.bytes().clone());
    Ok(Message {
        headers,
        body: body.unwrap_or_default(),
    })
}

/// Returns the text that a header carries a value as.
fn header_text(value: &UncheckedValue) -> Option<&str> {
    match value {
        UncheckedValue::Text(text) => Some(text),
        // Neither a string, an array nor an object.
        UncheckedValue::Json(json) if !json.starts_with(['"', '[', '{']) => Some(json),
        UncheckedValue::Json(_) | UncheckedValue::Bytes(_) => None,
    }
}
