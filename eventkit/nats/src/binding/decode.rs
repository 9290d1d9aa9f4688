//! Decoding of messages to events and typed values.

use bytes::Bytes;
use eventkit::binding::{self, BinaryReader};
use eventkit::event::{AttributeRef, MediaType, Violation};
use eventkit::format::{self, Format, Json};
use eventkit::{CloudEvent, DecodeError, Event, Limits};

/// The content type of structured messages in the text of the binding (section 3).
const JSON_WITHOUT_FORMAT: &str = "application/cloudevents";

/// The prefix of the headers of attributes in binary mode (3.1.3.1).
const ATTRIBUTE_PREFIX: &str = "ce-";

const DATA_CONTENT_TYPE: &str = "datacontenttype";

/// The content mode of a message.
enum Mode {
    Binary,
    Json,
    /// In the event format of this media type.
    Structured(String),
}

/// A decoder of messages with [`Limits`], created by [`with_limits`].
///
/// The limits on attributes and depth apply to the binary mode, to the [JSON format](Json), and to
/// other formats that [apply those of a binding](eventkit::format::Format::limited_by).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decoder {
    limits: Limits,
}

/// Creates a decoder with limits.
///
/// ```
/// use eventkit::{DecodeErrorKind, Event, Limits};
/// use eventkit_nats::binding;
///
/// let event = Event::builder().source("/s").ty("t").extension("n", 7).build()?;
/// let message = binding::encode_binary(&event)?;
///
/// let decoder = binding::with_limits(Limits::DEFAULT.headers(5));
/// let error = decoder.decode(&message.headers, message.body).unwrap_err();
/// assert_eq!(error.kind(), DecodeErrorKind::TooLarge);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub const fn with_limits(limits: Limits) -> Decoder {
    Decoder { limits }
}

/// Decodes one event in binary or structured content mode.
///
/// The names of headers are case-insensitive. A message with a JSON object as its body and neither
/// a `Content-Type` nor `ce-` headers is decoded according to version 1.0.2 of the binding, which
/// is always structured.
///
/// In binary mode, an empty body means no data, unless an empty body is valid for the content type
/// of the data. That is `ce-datacontenttype`, or `Content-Type` if that header is absent, as the Go
/// SDK sends it. A malformed or repeated `Content-Type` is ignored.
///
/// # Errors
///
/// Returns an error if the message is not an event, is malformed, violates the specification,
/// exceeds one of the default [`Limits`], has an unregistered event format, or is a batch.
pub fn decode<N: AsRef<str>, V: AsRef<str>>(
    headers: &[(N, V)],
    body: Bytes,
) -> Result<Event, DecodeError> {
    Decoder::default().decode(headers, body)
}

/// Decodes one event directly into a derived type.
///
/// # Errors
///
/// Returns an error if [`decode`] does, or if the event is not a `T`.
pub fn decode_as<T: CloudEvent>(
    headers: &[(impl AsRef<str>, impl AsRef<str>)],
    body: Bytes,
) -> Result<T, DecodeError> {
    Decoder::default().decode_as(headers, body)
}

impl Decoder {
    /// Decodes one event in binary or structured content mode.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode`] does, with the limits of this decoder.
    pub fn decode<N: AsRef<str>, V: AsRef<str>>(
        &self,
        headers: &[(N, V)],
        body: Bytes,
    ) -> Result<Event, DecodeError> {
        match self.mode(headers, &body)? {
            Mode::Binary => read_binary(headers, self.limits)?.into_event(body),
            Mode::Json => Json.with_limits(self.limits).decode(body),
            Mode::Structured(media_type) => format::decode(&media_type, body, self.limits),
        }
    }

    /// Decodes one event directly into a derived type.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode_as`] does, with the limits of this decoder.
    pub fn decode_as<T: CloudEvent>(
        &self,
        headers: &[(impl AsRef<str>, impl AsRef<str>)],
        body: Bytes,
    ) -> Result<T, DecodeError> {
        match self.mode(headers, &body)? {
            Mode::Binary => read_binary(headers, self.limits)?.into_typed(&body),
            Mode::Json => Json.with_limits(self.limits).decode_as(&body),
            Mode::Structured(media_type) => format::decode_as(&media_type, body, self.limits),
        }
    }

    /// Checks the size of a message, and determines its content mode (section 3).
    fn mode<N: AsRef<str>, V: AsRef<str>>(
        &self,
        headers: &[(N, V)],
        body: &[u8],
    ) -> Result<Mode, DecodeError> {
        let sizes = headers.iter();
        let sizes = sizes.map(|(name, value)| name.as_ref().len() + value.as_ref().len());
        self.limits.check_message(sizes, body.len())?;
        let mut content_types = content_types(headers);
        let first = content_types.next();
        let Some(text) = first
            .into_iter()
            .chain(content_types.clone())
            .find(|text| binding::is_structured(text))
        else {
            let declares_json =
                |text| MediaType::parse(text).is_ok_and(|media_type| media_type.is_json());
            // A message of version 1.0.2 is a JSON event without a `Content-Type`.
            let may_be_event =
                first.is_none_or(|text| self.limits.json_as_events && declares_json(text));
            let is_event = may_be_event && is_object(body) && !has_attributes(headers);
            return Ok(if is_event { Mode::Json } else { Mode::Binary });
        };
        let (header, section) = ("Content-Type", "NATS binding, 3");
        if content_types.next().is_some() {
            let expected = "one `Content-Type` header";
            return Err(Violation::new(header, text, expected, section).into());
        }
        Ok(match binding::structured_format(header, text, section)? {
            // The content type in the binding. The body must be JSON.
            Some(format) if format == JSON_WITHOUT_FORMAT => Mode::Json,
            Some(format) => Mode::Structured(format),
            None => Mode::Binary,
        })
    }
}

fn content_types<N: AsRef<str>, V: AsRef<str>>(
    headers: &[(N, V)],
) -> impl Iterator<Item = &str> + Clone {
    let found = headers
        .iter()
        .filter(|(name, _)| name.as_ref().eq_ignore_ascii_case("content-type"));
    found.map(|(_, value)| value.as_ref().trim())
}

/// Returns the `Content-Type` of a message in binary mode, if it is present and well-formed.
fn data_content_type<N: AsRef<str>, V: AsRef<str>>(headers: &[(N, V)]) -> Option<&str> {
    let mut content_types = content_types(headers);
    let only = content_types.next()?;
    (content_types.next().is_none() && MediaType::parse(only).is_ok()).then_some(only)
}

fn is_object(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'{')
}

fn has_attributes<N: AsRef<str>, V>(headers: &[(N, V)]) -> bool {
    let mut names = headers.iter().map(|(name, _)| name.as_ref());
    names.any(|name| binding::attribute_name(name, ATTRIBUTE_PREFIX).is_some())
}

/// Collects the attributes from the headers of a message.
fn read_binary<N: AsRef<str>, V: AsRef<str>>(
    headers: &[(N, V)],
    limits: Limits,
) -> Result<BinaryReader<'_>, DecodeError> {
    let mut reader = BinaryReader::new(limits);
    let (mut is_event, mut has_content_type) = (false, false);
    for (header, value) in headers {
        if let Some(attribute) = binding::attribute_name(header.as_ref(), ATTRIBUTE_PREFIX) {
            is_event |= matches!(&*attribute, "specversion" | "id" | "type");
            has_content_type |= attribute == DATA_CONTENT_TYPE;
            reader.header(
                attribute,
                value.as_ref().as_bytes(),
                "NATS binding, 3.1.3.2",
            );
        }
    }
    if !has_content_type && let Some(content_type) = data_content_type(headers) {
        reader.attribute(DATA_CONTENT_TYPE, AttributeRef::Text(content_type));
    }
    if is_event {
        return Ok(reader);
    }
    let reason = "neither an `application/cloudevents` content type nor `ce-` headers";
    Err(DecodeError::not_an_event(reason))
}
