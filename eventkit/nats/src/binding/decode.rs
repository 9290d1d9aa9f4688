//! Messages to events, and straight to typed values.

use bytes::Bytes;

use super::binary;
use eventkit::event::{MediaType, Violation};
use eventkit::format::{self, Format, Json};
use eventkit::{CloudEvent, DecodeError, Event, Limits};

/// The prefix of content types that makes a message a structured one (section 3).
const STRUCTURED: &str = "application/cloudevents";

/// How a message carries its event.
enum Mode {
    Binary,
    Json,
    Structured(MediaType),
}

/// Decodes messages within [`Limits`]; made by [`with_limits`].
///
/// The limits on attributes and depth are kept by the binary mode and the [JSON format](Json);
/// formats that a program adds have limits of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decoder {
    limits: Limits,
}

/// Returns a decoder with other limits than the default ones.
///
/// ```
/// use eventkit_nats::binding;
/// use eventkit::{DecodeErrorKind, Event, Limits};
///
/// let event = Event::builder().source("/s").ty("t").extension("n", 7).build()?;
/// let message = nats::encode_binary(&event)?;
///
/// let decoder = nats::with_limits(Limits::DEFAULT.headers(5));
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
/// The names of headers have no case. A message with a JSON object as its body and neither a
/// `Content-Type` nor `ce-` headers is read as one of version 1.0.2 of the binding, which was
/// always structured. In binary mode an empty body is no data, unless the `ce-datacontenttype` is
/// one that an empty body is valid for; a `Content-Type` means nothing there.
///
/// # Errors
///
/// Where the message is not a `CloudEvent`, is malformed, breaks the specification, is over one of
/// the default [`Limits`], has an event format that is not registered, or is a batch.
pub fn decode<N: AsRef<str>, V: AsRef<str>>(
    headers: &[(N, V)],
    body: Bytes,
) -> Result<Event, DecodeError> {
    Decoder::default().decode(headers, body)
}

/// Decodes one event straight into a derived type, with nothing in between.
///
/// # Errors
///
/// As for [`decode`], or where the event is not a `T`.
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
    /// As for [`decode`].
    pub fn decode<N: AsRef<str>, V: AsRef<str>>(
        &self,
        headers: &[(N, V)],
        body: Bytes,
    ) -> Result<Event, DecodeError> {
        match self.mode(headers, &body)? {
            Mode::Binary => binary::read(headers, self.limits)?.into_event(body),
            Mode::Json => Json.with_limits(self.limits).decode(body),
            Mode::Structured(media_type) => format::decode(media_type.essence(), body, self.limits),
        }
    }

    /// Decodes one event straight into a derived type, with nothing in between.
    ///
    /// # Errors
    ///
    /// As for [`decode_as`].
    pub fn decode_as<T: CloudEvent>(
        &self,
        headers: &[(impl AsRef<str>, impl AsRef<str>)],
        body: Bytes,
    ) -> Result<T, DecodeError> {
        match self.mode(headers, &body)? {
            Mode::Binary => binary::read(headers, self.limits)?.into_typed(&body),
            Mode::Json => Json.with_limits(self.limits).decode_as(&body),
            Mode::Structured(media_type) => {
                format::decode_as(media_type.essence(), body, self.limits)
            }
        }
    }

    /// Checks the size of a message and finds its content mode.
    fn mode<N: AsRef<str>, V: AsRef<str>>(
        &self,
        headers: &[(N, V)],
        body: &Bytes,
    ) -> Result<Mode, DecodeError> {
        let sizes = headers.iter();
        let sizes = sizes.map(|(name, value)| name.as_ref().len() + value.as_ref().len());
        self.limits.check_message(sizes, body.len())?;
        mode(headers, body)
    }
}

/// Finds the content mode (section 3).
fn mode<N: AsRef<str>, V: AsRef<str>>(
    headers: &[(N, V)],
    body: &[u8],
) -> Result<Mode, DecodeError> {
    let mut content_types = headers
        .iter()
        .filter(|(name, _)| name.as_ref().eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value.as_ref().trim());
    let first = content_types.next();
    let Some(text) = first
        .into_iter()
        .chain(content_types.clone())
        .find(|text| is_structured(text))
    else {
        let old = first.is_none() && is_object(body) && !has_attributes(headers);
        return Ok(if old { Mode::Json } else { Mode::Binary });
    };
    let wrong = |expected| Violation::new("Content-Type", text, expected, "NATS binding, 3");
    if content_types.next().is_some() {
        return Err(wrong("one `Content-Type` header").into());
    }
    let media_type = MediaType::parse(text).map_err(|_| wrong("a media type"))?;
    if media_type
        .essence()
        .starts_with("application/cloudevents-batch")
    {
        let reason = "a batch of events, which the NATS binding has not";
        return Err(DecodeError::not_an_event(reason));
    }
    Ok(if media_type.essence() == STRUCTURED {
        Mode::Json
    } else {
        Mode::Structured(media_type)
    })
}

fn is_structured(content_type: &str) -> bool {
    let prefix = content_type.as_bytes().get(..STRUCTURED.len());
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(STRUCTURED.as_bytes()))
}

fn is_object(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'{')
}

fn has_attributes<N: AsRef<str>, V>(headers: &[(N, V)]) -> bool {
    let mut names = headers.iter().map(|(name, _)| name.as_ref());
    names.any(|name| binary::attribute(name).is_some())
}
