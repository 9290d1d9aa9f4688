//! Decoding of messages to events and typed values.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use eventkit::binding::BinaryReader;
use eventkit::event::{AttributeRef, MediaType, Timestamp, Violation};
use eventkit::format::{self, Format, Json};
use eventkit::{CloudEvent, DecodeError, Event, Limits};

use super::separator::attribute;
use super::{HeaderRef, STRUCTURED_PREFIX, is_structured};

const DATA_CONTENT_TYPE: &str = "datacontenttype";

/// The attributes of the core specification, which are text.
const CORE: [&str; 8] = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    DATA_CONTENT_TYPE,
    "dataschema",
];

/// The maximum number of seconds of a timestamp; a larger number counts milliseconds, as in AMQP 1.0.
const MAX_SECONDS: u64 = 100_000_000_000;

/// The content mode of a message.
enum Mode {
    Binary,
    Json,
    Structured(MediaType),
}

/// A decoder of messages with [`Limits`], created by [`with_limits`].
///
/// The limits on attributes and depth apply to the binary mode and the [JSON format](Json). Custom
/// formats have limits of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decoder {
    limits: Limits,
}

/// Creates a decoder with limits.
///
/// ```
/// use eventkit::{DecodeErrorKind, Event, Limits};
/// use eventkit_rabbitmq::binding;
///
/// let event = Event::builder().source("/s").ty("t").extension("n", 7).build()?;
/// let message = binding::encode_binary(&event)?;
///
/// let decoder = binding::with_limits(Limits::DEFAULT.headers(5));
/// let decoded = decoder.decode(message.content_type.as_deref(), message.headers(), message.body.clone());
/// assert_eq!(decoded.unwrap_err().kind(), DecodeErrorKind::TooLarge);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub const fn with_limits(limits: Limits) -> Decoder {
    Decoder { limits }
}

/// Decodes one event in binary or structured content mode.
///
/// In binary mode, an empty body means no data, unless an empty body is valid for the content type of
/// the data.
///
/// # Errors
///
/// Returns an error if the message is not an event, is malformed, violates the specification,
/// exceeds one of the default [`Limits`], has an unregistered event format, or is a batch.
pub fn decode<'a, H>(
    content_type: Option<&'a str>,
    headers: H,
    body: Bytes,
) -> Result<Event, DecodeError>
where
    H: IntoIterator<Item = (&'a str, HeaderRef<'a>), IntoIter: Clone>,
{
    Decoder::default().decode(content_type, headers, body)
}

/// Decodes one event directly into a derived type.
///
/// # Errors
///
/// Returns an error if [`decode`] does, or if the event is not a `T`.
pub fn decode_as<'a, T: CloudEvent>(
    content_type: Option<&'a str>,
    headers: impl IntoIterator<Item = (&'a str, HeaderRef<'a>), IntoIter: Clone>,
    body: Bytes,
) -> Result<T, DecodeError> {
    Decoder::default().decode_as(content_type, headers, body)
}

impl Decoder {
    /// Decodes one event in binary or structured content mode.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode`] does, with the limits of this decoder.
    pub fn decode<'a, H>(
        &self,
        content_type: Option<&'a str>,
        headers: H,
        body: Bytes,
    ) -> Result<Event, DecodeError>
    where
        H: IntoIterator<Item = (&'a str, HeaderRef<'a>), IntoIter: Clone>,
    {
        let headers = headers.into_iter();
        match self.mode(content_type, headers.clone(), &body)? {
            Mode::Binary => read_binary(content_type, headers, self.limits)?.into_event(body),
            Mode::Json => Json.with_limits(self.limits).decode(body),
            Mode::Structured(media_type) => format::decode(media_type.essence(), body, self.limits),
        }
    }

    /// Decodes one event directly into a derived type.
    ///
    /// # Errors
    ///
    /// Returns an error if [`decode_as`] does, with the limits of this decoder.
    pub fn decode_as<'a, T: CloudEvent>(
        &self,
        content_type: Option<&'a str>,
        headers: impl IntoIterator<Item = (&'a str, HeaderRef<'a>), IntoIter: Clone>,
        body: Bytes,
    ) -> Result<T, DecodeError> {
        let headers = headers.into_iter();
        match self.mode(content_type, headers.clone(), &body)? {
            Mode::Binary => read_binary(content_type, headers, self.limits)?.into_typed(&body),
            Mode::Json => Json.with_limits(self.limits).decode_as(&body),
            Mode::Structured(media_type) => {
                format::decode_as(media_type.essence(), body, self.limits)
            }
        }
    }

    /// Checks the size of a message, and determines its content mode (section 3).
    fn mode<'a>(
        &self,
        content_type: Option<&str>,
        headers: impl Iterator<Item = (&'a str, HeaderRef<'a>)> + Clone,
        body: &[u8],
    ) -> Result<Mode, DecodeError> {
        let sizes = headers.map(|(name, value)| name.len() + value.size());
        self.limits.check_message(sizes, body.len())?;
        let Some(text) = content_type.filter(|text| is_structured(text)) else {
            return Ok(Mode::Binary);
        };
        let violation =
            |expected| Violation::new("content_type", text, expected, "AMQP binding, 3");
        let media_type = MediaType::parse(text).map_err(|_| violation("a media type"))?;
        let charset = media_type.parameter("charset");
        if charset.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
            return Err(violation("UTF-8 as the charset of an event").into());
        }
        let essence = media_type.essence();
        if essence.starts_with("application/cloudevents-batch") {
            let reason = "a batch of events, which the AMQP binding does not support";
            return Err(DecodeError::not_an_event(reason));
        }
        Ok(if essence == STRUCTURED_PREFIX {
            Mode::Json
        } else {
            Mode::Structured(media_type)
        })
    }
}

/// Collects the attributes from the headers of a message.
fn read_binary<'a>(
    content_type: Option<&'a str>,
    headers: impl Iterator<Item = (&'a str, HeaderRef<'a>)>,
    limits: Limits,
) -> Result<BinaryReader<'a>, DecodeError> {
    let mut reader = BinaryReader::new(limits);
    let (mut is_event, mut has_content_type) = (false, false);
    for (header, value) in headers {
        if let Some(name) = attribute(header) {
            is_event |= matches!(name, "specversion" | "id" | "type");
            has_content_type |= name == DATA_CONTENT_TYPE;
            read_attribute(&mut reader, name, value);
        }
    }
    if !is_event {
        let reason = "neither an `application/cloudevents` content type nor `cloudEvents_` headers";
        return Err(DecodeError::not_an_event(reason));
    }
    if !has_content_type && let Some(content_type) = content_type {
        reader.attribute(DATA_CONTENT_TYPE, AttributeRef::Text(content_type));
    }
    Ok(reader)
}

fn read_attribute<'a>(reader: &mut BinaryReader<'a>, name: &'a str, value: HeaderRef<'a>) {
    let is_core = CORE.contains(&name);
    match value {
        HeaderRef::Text(text) => reader.attribute(name, AttributeRef::Text(text)),
        HeaderRef::Boolean(flag) if !is_core => reader.attribute(name, AttributeRef::Boolean(flag)),
        HeaderRef::Integer(number) => match i32::try_from(number) {
            Ok(number) if !is_core => reader.attribute(name, AttributeRef::Integer(number)),
            // Such as a numeric id. An extension this large is not an Integer (3.1.3.2).
            _ => reader.attribute_value(name, number.to_string().into()),
        },
        HeaderRef::Bytes(bytes) if !is_core => reader.attribute(name, AttributeRef::Binary(bytes)),
        HeaderRef::Timestamp(time) => match timestamp(time) {
            Some(time) => reader.attribute(name, AttributeRef::Timestamp(time)),
            None => refuse(
                reader,
                name,
                &time.to_string(),
                "a time before the year 10000",
            ),
        },
        HeaderRef::Boolean(flag) => reader.attribute_value(name, flag.to_string().into()),
        HeaderRef::Bytes(_) => refuse(reader, name, "bytes", "text in UTF-8"),
        HeaderRef::Other => refuse(
            reader,
            name,
            "a value of another type",
            "the type of an attribute",
        ),
    }
}

fn refuse(reader: &mut BinaryReader<'_>, name: &str, found: &str, expected: &'static str) {
    let violation = Violation::new(name.to_owned(), found, expected, "AMQP binding, 3.1.3.2");
    reader.add_violation(violation);
}

/// Converts a timestamp of AMQP.
fn timestamp(time: u64) -> Option<Timestamp> {
    let since = if time > MAX_SECONDS {
        Duration::from_millis(time)
    } else {
        Duration::from_secs(time)
    };
    let time = UNIX_EPOCH.checked_add(since)?;
    // RFC 3339 has no years after 9999.
    (since.as_secs() < 253_402_300_800).then(|| Timestamp::from(time))
}

#[cfg(test)]
mod tests {
    use eventkit::DecodeErrorKind;
    use eventkit::binding::header_value;

    use super::super::{encode_binary, encode_structured};
    use super::*;

    type Header = (&'static str, HeaderRef<'static>);

    fn with(name: &'static str, value: HeaderRef<'static>) -> Vec<Header> {
        let text = HeaderRef::Text;
        let required = [
            ("cloudEvents_specversion", text("1.0")),
            ("cloudEvents_id", text("1")),
            ("cloudEvents_source", text("/s")),
            ("cloudEvents_type", text("t")),
        ];
        let required = required.into_iter().filter(|(own, _)| *own != name);
        required.chain([(name, value)]).collect()
    }

    #[test]
    fn types_that_attributes_have_are_kept() {
        for (value, expected) in [
            (HeaderRef::Boolean(true), "true"),
            (HeaderRef::Integer(i64::from(i32::MIN)), "-2147483648"),
            (HeaderRef::Integer(1 << 40), "1099511627776"),
            (HeaderRef::Bytes(&[0, 255]), "AP8="),
            (HeaderRef::Timestamp(0), "1970-01-01T00:00:00Z"),
            (HeaderRef::Text("%41 é"), "%41 é"),
        ] {
            let event = decode(None, with("cloudEvents_n", value), Bytes::new()).unwrap();
            assert_eq!(
                event.extension("n").unwrap().to_text(),
                expected,
                "{value:?}"
            );
        }
        let event = decode(
            None,
            with("cloudEvents_id", HeaderRef::Integer(17)),
            Bytes::new(),
        );
        assert_eq!(event.unwrap().id(), "17");
    }

    #[test]
    fn values_that_are_not_attributes_are_violations() {
        for (name, value) in [
            ("cloudEvents_n", HeaderRef::Other),
            ("cloudEvents_n", HeaderRef::Timestamp(u64::MAX)),
            ("cloudEvents_subject", HeaderRef::Bytes(&[255])),
            ("cloudEvents_N", HeaderRef::Text("x")),
            ("cloudEvents:id", HeaderRef::Text("2")),
            ("cloudEvents_specversion", HeaderRef::Text("0.3")),
        ] {
            let decoded = decode(None, with(name, value), Bytes::new());
            assert!(decoded.is_err(), "{name}: {value:?}");
        }
    }

    #[test]
    fn a_message_without_attributes_is_not_an_event() {
        let headers = [
            ("ce-id", HeaderRef::Text("1")),
            ("cloudEvents_note", HeaderRef::Text("x")),
        ];
        let error = decode(Some("text/plain"), headers, "x".into()).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::NotAnEvent);
        let none: [Header; 0] = [];
        let batch = "application/cloudevents-batch+json";
        let error = decode(Some(batch), none, "[]".into()).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::NotAnEvent);
    }

    #[test]
    fn content_types_that_the_property_cannot_hold_are_in_a_header() {
        let long = format!("text/plain; note={}", "x".repeat(300));
        // No builder makes an event that contains an event, but the JSON format does.
        let nested = r#"{"specversion": "1.0", "id": "1", "source": "/s", "type": "t",
            "datacontenttype": "application/cloudevents+json", "data_base64": "e30="}"#;
        let plain = Event::builder()
            .id("1")
            .source("/s")
            .ty("t")
            .data_bytes("{}");
        let plain = plain.data_content_type(long).build().unwrap();
        for event in [Json.decode(nested.into()).unwrap(), plain] {
            let message = encode_binary(&event).unwrap();
            assert_eq!(message.content_type.as_deref(), None);
            let decoded = decode(None, message.headers(), message.body.clone()).unwrap();
            assert_eq!(decoded, event);
        }
    }

    #[test]
    fn texts_are_not_percent_encoded() {
        let subject = " 100 % \"é\" ";
        let event = Event::builder()
            .id("1")
            .source("/s")
            .ty("t")
            .subject(subject)
            .build()
            .unwrap();
        assert_ne!(header_value::encode(subject), subject);
        for message in [
            encode_binary(&event).unwrap(),
            encode_structured(&event, &Json).unwrap(),
        ] {
            let decoded = decode(
                message.content_type.as_deref(),
                message.headers(),
                message.body.clone(),
            );
            assert_eq!(decoded.unwrap(), event);
        }
    }
}
