//! Decoding of messages to events, and directly to typed values.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use crate::binding::{BinaryReader, not_an_event};
use crate::error::DecodeError;
use crate::event::{
    AttributeRef, Event, JSON, Limits, MediaType, Violation, declares_batch, declares_events,
    declares_json, is_utf8, name,
};
use crate::format::{self, Format, Json};
use crate::typed::CloudEvent;

/// The prefix of attribute headers (section 3.1.3.1).
pub(super) const PREFIX: &str = "ce-";

/// The content mode of a message.
pub(super) enum Mode<'a> {
    /// Binary mode; the content type is a media type.
    Binary(Option<&'a str>),
    /// Structured mode with one event, in the format of this media type: lowercase, without
    /// parameters.
    Structured(String),
    /// Batched mode with several events, in such a format.
    Batched(String),
}

impl<'a> Mode<'a> {
    /// Returns the mode for a lowercase media type without parameters; in binary mode, `text` is
    /// the content type.
    pub(super) fn of(essence: String, text: Option<&'a str>) -> Self {
        if declares_batch(&essence) {
            Self::Batched(essence)
        } else if declares_events(&essence) {
            Self::Structured(essence)
        } else {
            Self::Binary(text)
        }
    }
}

/// A decoder of messages with [`Limits`]; created by [`with_limits`].
///
/// The limits on attributes, batches and depth apply to the binary mode, to the [JSON
/// format](crate::format::Json), and to other formats that [apply those of a
/// binding](crate::format::Format::limited_by).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decoder {
    pub(super) limits: Limits,
}

/// Creates a decoder with limits.
///
/// ```
/// use eventkit::binding::http::{self, Problem};
/// use eventkit::{Event, Limits};
///
/// let event = Event::builder().source("/s").ty("t").extension("n", 7).build()?;
/// let message = http::encode_binary(&event)?;
///
/// let decoder = http::with_limits(Limits::DEFAULT.headers(5));
/// let error = decoder.decode(&message.headers, message.body).unwrap_err();
/// assert_eq!(Problem::from(&error).status(), 413);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub const fn with_limits(limits: Limits) -> Decoder {
    Decoder { limits }
}

/// Decodes one event in binary or structured content mode.
///
/// In binary mode, an empty body means no data, unless an empty body is valid for the
/// `Content-Type`.
///
/// # Errors
///
/// Returns an error if the message is not a CloudEvents message, is malformed, violates the
/// specification, exceeds one of the default [`Limits`], has an unregistered event format, has a
/// `Content-Encoding` other than `identity`, or is a batch.
pub fn decode(headers: &HeaderMap, body: Bytes) -> Result<Event, DecodeError> {
    Decoder::default().decode(headers, body)
}

/// Decodes a batch; a message in another content mode counts as a batch of one event.
///
/// # Errors
///
/// Returns an error if [`decode`] would, or if an element of the batch is not a valid event.
pub fn decode_batch(headers: &HeaderMap, body: Bytes) -> Result<Vec<Event>, DecodeError> {
    Decoder::default().decode_batch(headers, body)
}

/// Decodes one event directly into a derived type, without an intermediate [`Event`].
///
/// # Errors
///
/// Returns an error if [`decode`] would, or if the event is not a `T`.
pub fn decode_as<T: CloudEvent>(headers: &HeaderMap, body: Bytes) -> Result<T, DecodeError> {
    Decoder::default().decode_as(headers, body)
}

impl Decoder {
    /// Decodes one event in binary or structured content mode.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode`] does.
    pub fn decode(&self, headers: &HeaderMap, body: Bytes) -> Result<Event, DecodeError> {
        match self.mode(headers, &body)? {
            Mode::Binary(content_type) => {
                read_binary(headers, content_type, &body, self.limits)?.into_event(body)
            }
            Mode::Structured(essence) => format::decode(&essence, body, self.limits),
            Mode::Batched(_) => Err(DecodeError::a_batch()),
        }
    }

    /// Decodes a batch; a message in another content mode counts as a batch of one event.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode_batch`] does.
    pub fn decode_batch(
        &self,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Vec<Event>, DecodeError> {
        match self.mode(headers, &body)? {
            Mode::Batched(essence) => format::find(&essence, self.limits)?.decode_batch(body),
            Mode::Binary(_) | Mode::Structured(_) => {
                self.decode(headers, body).map(|event| vec![event])
            }
        }
    }

    /// Decodes one event directly into a derived type, without an intermediate [`Event`].
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode_as`] does.
    pub fn decode_as<T: CloudEvent>(
        &self,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<T, DecodeError> {
        match self.mode(headers, &body)? {
            Mode::Binary(content_type) => {
                read_binary(headers, content_type, &body, self.limits)?.into_typed(&body)
            }
            Mode::Structured(essence) => format::decode_as(&essence, body, self.limits),
            Mode::Batched(_) => Err(DecodeError::a_batch()),
        }
    }

    /// Checks the size and the encoding of a message, and determines its content mode.
    fn mode<'a>(&self, headers: &'a HeaderMap, body: &Bytes) -> Result<Mode<'a>, DecodeError> {
        self.check_size(headers, body)?;
        if let Some(encoding) = content_encoding(headers) {
            return Err(DecodeError::content_encoding(&encoding));
        }
        let mode = mode(headers).map_err(|violation| self.all_wrong(headers, body, violation))?;
        Ok(self.tolerated_mode(mode, headers, body))
    }

    /// Returns the intended mode, if the limits allow it to differ from the declared one.
    pub(super) fn tolerated_mode<'a>(
        &self,
        mode: Mode<'a>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Mode<'a> {
        let first = || body.trim_ascii_start().first();
        match mode {
            Mode::Binary(Some(content_type))
                if self.limits.json_as_events
                    && declares_json(content_type)
                    && !has_attributes(headers) =>
            {
                match first() {
                    Some(b'{') => Mode::Structured(Json.content_type().to_owned()),
                    Some(b'[') => Mode::Batched(Json.content_type().to_owned()),
                    _ => mode,
                }
            }
            Mode::Structured(essence)
                if self.limits.arrays_as_batches
                    && essence == Json.content_type()
                    && first() == Some(&b'[') =>
            {
                Mode::Batched(essence)
            }
            mode => mode,
        }
    }

    pub(super) fn check_size(&self, headers: &HeaderMap, body: &Bytes) -> Result<(), DecodeError> {
        let sizes = headers.iter();
        let sizes = sizes.map(|(name, value)| name.as_str().len() + value.len());
        Ok(self.limits.check_message(sizes, body.len())?)
    }
}

/// Returns the `Content-Encoding` of a message, unless it is `identity`.
pub(super) fn content_encoding(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let mut values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.find(|value| {
        let mut codings = value.split(',').map(str::trim);
        !codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("identity"))
    })
}

/// Determines the content mode: the longer prefix first, then binary (section 3).
pub(super) fn mode(headers: &HeaderMap) -> Result<Mode<'_>, Violation> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let Some(value) = values.next() else {
        return Ok(Mode::Binary(None));
    };
    let wrong = |text: &str, expected| {
        Violation::new(name::DATACONTENTTYPE, text, expected, "HTTP binding, 3.1.1")
    };
    let text = value.to_str().map_err(|_| {
        wrong(
            &String::from_utf8_lossy(value.as_bytes()),
            "printable ASCII",
        )
    })?;
    if values.next().is_some() {
        return Err(wrong(text, "one `Content-Type` header"));
    }
    if text == JSON {
        return Ok(Mode::Binary(Some(text)));
    }
    let media_type = MediaType::parse(text).map_err(|_| wrong(text, "a media type"))?;
    let charset = media_type.parameter("charset");
    let essence = media_type.into_essence();
    if declares_events(&essence) && charset.is_some_and(|charset| !is_utf8(&charset)) {
        // Another reader might decode the bytes differently.
        return Err(wrong(text, "UTF-8 as the charset of events"));
    }
    Ok(Mode::of(essence, Some(text)))
}

fn has_attributes(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with(PREFIX))
}

/// Returns whether the headers contain an attribute that every event has.
fn is_marked(headers: &HeaderMap) -> bool {
    let marks = ["ce-specversion", "ce-id", "ce-type"];
    marks.iter().any(|mark| headers.contains_key(*mark))
}

/// Reads the headers of a message in binary content mode.
pub(super) fn read_binary<'a>(
    headers: &'a HeaderMap,
    content_type: Option<&'a str>,
    body: &[u8],
    limits: Limits,
) -> Result<BinaryReader<'a>, DecodeError> {
    if !is_marked(headers) {
        return Err(not_an_event(PREFIX, body));
    }
    let mut reader = BinaryReader::new(limits);
    for (header, value) in headers {
        match header.as_str().strip_prefix(PREFIX) {
            Some(name::DATACONTENTTYPE) => {
                let value = String::from_utf8_lossy(value.as_bytes());
                let (expected, section) =
                    ("the `Content-Type` header instead", "HTTP binding, 3.1.1");
                let violation = Violation::new(name::DATACONTENTTYPE, &value, expected, section);
                reader.add_violation(violation);
            }
            Some(attribute) => reader.header(attribute, value.as_bytes(), "HTTP binding, 3.1.3.2"),
            None => {}
        }
    }
    if let Some(content_type) = content_type {
        reader.attribute(name::DATACONTENTTYPE, AttributeRef::Text(content_type));
    }
    Ok(reader)
}
