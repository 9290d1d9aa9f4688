//! Events that may violate the specification, for programs that forward them.

use std::any::Any;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;

use super::attribute::{AttributeRef, AttributeValue};
use super::data::Data;
use super::limits::Limits;
use super::partial::{PartialEvent, Scalar};
use super::{Event, check, name};
use crate::error::{BuildError, DecodeError, EncodeError, Violation};

/// An event as it was received, valid or not, with its violations of the specification.
///
/// Use it in forwarders and proxies, which must not lose an event because its producer made a small
/// mistake: an upper-case extension name, a `dataschema` of `#`, a malformed `time`, another
/// `specversion`. Handlers and all other code take an [`Event`], which is always valid.
/// [`into_event`](Self::into_event) converts an event without violations into one.
///
/// [`Format::decode_lenient`](crate::format::Format::decode_lenient) and the `decode_lenient` of the
/// [HTTP](crate::binding::http) and [Kafka](crate::binding::kafka) bindings return it. They return an error
/// only if nothing can be kept: for text that is not JSON, JSON that is not an object, a message
/// that is not an event, and whatever exceeds one of the [`Limits`](crate::Limits).
///
/// ```
/// use bytes::Bytes;
/// use eventkit::binding::http::{self, Message};
/// use eventkit::format::Json;
///
/// /// Passes a message on unchanged, or in structured mode if the client asks for it.
/// fn forward(message: Message, structured: bool) -> Result<Message, Box<dyn std::error::Error>> {
///     let event = http::decode_lenient(&message.headers, message.body)?;
///     for violation in event.violations() {
///         eprintln!("{:?} {violation}", event.attribute("type"));
///     }
///     Ok(match structured {
///         true => http::encode_structured_lenient(&event, &Json)?,
///         false => http::encode_lenient(&event)?,
///     })
/// }
///
/// let mut message = Message::default();
/// for (name, value) in [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/s"),
///     ("ce-type", "t"), ("ce-dataschema", "#"), ("content-type", "text/plain")]
/// {
///     message.headers.insert(name, value.parse()?);
/// }
/// message.body = Bytes::from("hi");
///
/// let event = http::decode_lenient(&message.headers, message.body.clone())?;
/// assert_eq!(event.attribute("dataschema").as_deref(), Some("#"));
/// assert_eq!(event.violations()[0].section(), "core, dataschema");
///
/// let forwarded = forward(message.clone(), false)?;
/// assert_eq!((&forwarded.headers, &forwarded.body), (&message.headers, &message.body));
///
/// let forwarded = forward(message, true)?;
/// let json: serde_json::Value = serde_json::from_slice(&forwarded.body)?;
/// assert_eq!((&json["dataschema"], &json["data"]), (&"#".into(), &"hi".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is kept
///
/// In its own content mode and format, an event is encoded byte for byte: the body, and over the
/// protocol that it came from the `Content-Type`, the `Content-Encoding` and in binary mode the
/// headers of the attributes. The forwarder decides about all other headers. Only a batch is encoded again, with its elements unchanged.
///
/// From one content mode or format to another
///
/// - a valid event is encoded like an [`Event`];
/// - of an invalid event, the data and every attribute keep their name, text and order;
/// - `null` means unset, so the attribute is left out;
/// - in headers, a number or a Boolean becomes its JSON text, and names become lower case, because
///   header names are case-insensitive;
/// - in JSON, a header that is not percent-encoded UTF-8 becomes its raw text, and a body that is
///   not the JSON of its content type becomes `data_base64`;
/// - what the target cannot represent is an [`EncodeError`](crate::EncodeError) that names it: in
///   headers, an array, an object or a name that is not a token; in JSON, `ce-data` or a value that
///   is not UTF-8; everywhere, data that is present twice, is malformed Base64 or has a
///   `Content-Encoding`;
/// - what a receiver would read differently is an `EncodeError` too: an attribute that is present
///   more than once, or whose name in lower case is that of another attribute or of one of the
///   specification (`Subject` in JSON would become `ce-subject`).
///
/// A program that decides by an attribute must look at the violations too. If an attribute is
/// present more than once, the program sees the first one, but another receiver of the same bytes
/// may take the last. Other SDKs also differ in how they read quotes in header values, see
/// [`header_value`](crate::binding::header_value).
///
/// A structured message cannot be read if its event format is not registered or its body has a
/// `Content-Encoding`. Its event has no attributes and can only be encoded unchanged.
#[derive(Debug, Clone)]
pub struct LenientEvent {
    parsed: Parsed,
    violations: Vec<Violation>,
    text: Option<FormatText>,
    /// The message of a binding. Its type is private to the binding.
    message: Option<Arc<dyn Any + Send + Sync>>,
}

/// The result of parsing a message.
#[derive(Debug, Clone)]
pub(crate) enum Parsed {
    /// An event without violations.
    Valid(Event),
    /// An event with violations.
    Unchecked(UncheckedEvent),
}

/// The attributes and the data of an event that violates the specification.
#[derive(Debug, Clone)]
pub(crate) struct UncheckedEvent {
    /// Names and values in the order of the message, with duplicates and without unset attributes.
    pub(crate) attributes: Vec<(String, UncheckedValue)>,
    /// The data, or the reason why it is ambiguous or malformed.
    pub(crate) data: Result<Option<Data>, &'static str>,
}

/// The value of an attribute before any check.
#[derive(Debug, Clone)]
pub(crate) enum UncheckedValue {
    Text(String),
    /// The text of a JSON value that is not a string of valid Unicode.
    Json(String),
    /// A header value that is not UTF-8.
    Bytes(Bytes),
}

/// The text of a structured event, and the media type of its format.
#[derive(Debug, Clone)]
struct FormatText {
    media_type: String,
    bytes: Bytes,
}

impl LenientEvent {
    /// Returns the violations in the order in which they were found. The slice is empty for a valid
    /// event.
    ///
    /// Only about the first hundred violations of an event are reported.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Returns the text of an attribute or extension by its name.
    ///
    /// For a valid event, this is the canonical text. Otherwise it is the received text: the
    /// characters of a JSON string, the JSON of another value, or the decoded value of a header,
    /// undecoded if it is malformed. If an attribute is present more than once, the first one is
    /// returned.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        match &self.parsed {
            Parsed::Valid(event) => event.attribute(name).map(AttributeRef::into_text),
            Parsed::Unchecked(raw) => raw.attribute(name).map(UncheckedValue::to_text),
        }
    }

    /// Returns the names and texts of all attributes, duplicates included, as
    /// [`attribute`](Self::attribute) returns them.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let (event, raw) = match &self.parsed {
            Parsed::Valid(event) => (Some(event), None),
            Parsed::Unchecked(raw) => (None, Some(raw)),
        };
        let valid = event.into_iter().flat_map(|event| {
            let attributes = event.attributes();
            attributes.map(|(name, value)| (name, value.into_text()))
        });
        let raw = raw.into_iter().flat_map(|raw| &raw.attributes);
        valid.chain(raw.map(|(name, value)| (name.as_str(), value.to_text())))
    }

    /// Returns the data, or `None` if the event has no data or the data is ambiguous.
    #[must_use]
    pub fn data(&self) -> Option<&Data> {
        match &self.parsed {
            Parsed::Valid(event) => event.data(),
            Parsed::Unchecked(raw) => raw.data.as_ref().ok()?.as_ref(),
        }
    }

    /// Sets an extension attribute, even if the specification forbids its name or value, and
    /// removes others of the same name.
    ///
    /// This is for consumers that expect a name such as `tabular-id` or `cf_colo`, which no
    /// [`Event`] can have. The changed event is no longer what was received, so encoders do not
    /// write the received bytes. The name of a context attribute is a
    /// [violation](Self::violations), as it is for an extension of an `Event`.
    ///
    /// ```
    /// use eventkit::binding::http;
    /// use eventkit::format::{Format, Json};
    /// use eventkit::{Event, LenientEvent};
    ///
    /// let event = Event::builder().id("1").source("/s").ty("t").without_time().build()?;
    /// let event = LenientEvent::from(event).with_attribute("cf_colo", "ZRH");
    /// assert_eq!(event.violations()[0].attribute(), "cf_colo");
    ///
    /// assert_eq!(http::encode_lenient(&event)?.headers["ce-cf_colo"], "ZRH");
    /// let json = r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","cf_colo":"ZRH"}"#;
    /// assert_eq!(Json.encode_lenient(&event)?, json);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_attribute(self, name: impl Into<String>, value: impl Into<AttributeValue>) -> Self {
        let (name, value) = (name.into(), value.into());
        let violation = check::extension(&name, &value).err();
        let mut raw = match self.parsed {
            Parsed::Valid(mut event) if violation.is_none() => {
                let inner = event.inner_mut();
                inner.extensions.insert(Cow::Owned(name), value);
                return event.into();
            }
            Parsed::Valid(event) => event.into(),
            Parsed::Unchecked(raw) => raw,
        };
        let mut violations = self.violations;
        violations.retain(|violation| violation.attribute() != name);
        violations.extend(violation);
        raw.attributes.retain(|(own, _)| *own != name);
        raw.attributes
            .push((name, AttributeRef::from(&value).into()));
        match raw.to_event() {
            Some(event) if violations.is_empty() => event.into(),
            _ => Self::new(raw, violations),
        }
    }

    /// Converts the event into an [`Event`], as a strict decoder would have.
    ///
    /// # Errors
    ///
    /// Returns an error if there are violations; the error lists all of them.
    pub fn into_event(self) -> Result<Event, DecodeError> {
        match self.parsed {
            Parsed::Valid(event) if self.violations.is_empty() => Ok(event),
            _ => Err(BuildError::new(self.violations).into()),
        }
    }

    /// Creates the event from a message that violates the specification.
    pub(crate) fn new(raw: UncheckedEvent, violations: Vec<Violation>) -> Self {
        Self {
            parsed: Parsed::Unchecked(raw),
            violations,
            text: None,
            message: None,
        }
    }

    /// Keeps the text that an event format decoded.
    pub(crate) fn with_text(mut self, media_type: &str, bytes: Bytes) -> Self {
        let media_type = media_type.to_ascii_lowercase();
        self.text = Some(FormatText { media_type, bytes });
        self
    }

    /// Keeps the message that a binding decoded.
    pub(crate) fn with_message(mut self, message: impl Any + Send + Sync) -> Self {
        self.message = Some(Arc::new(message));
        self
    }

    /// Adds violations of the message around the event.
    pub(crate) fn with_violations(
        mut self,
        violations: impl IntoIterator<Item = Violation>,
    ) -> Self {
        self.violations.extend(violations);
        self
    }

    pub(crate) fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    /// Returns the media type and the text of a structured event.
    pub(crate) fn text(&self) -> Option<(&str, &Bytes)> {
        let text = self.text.as_ref()?;
        Some((&text.media_type, &text.bytes))
    }

    /// Returns the text of a structured event in the format of this media type.
    pub(crate) fn text_in(&self, media_type: &str) -> Option<&Bytes> {
        let (own, bytes) = self.text()?;
        own.eq_ignore_ascii_case(media_type).then_some(bytes)
    }

    /// Returns the message of the binding that decoded the event.
    pub(crate) fn message<M: Any>(&self) -> Option<&M> {
        self.message.as_ref()?.downcast_ref()
    }
}

impl From<Event> for LenientEvent {
    /// Wraps an event that was not received, or whose received bytes must not be forwarded.
    fn from(event: Event) -> Self {
        Self {
            parsed: Parsed::Valid(event),
            violations: Vec::new(),
            text: None,
            message: None,
        }
    }
}

impl TryFrom<LenientEvent> for Event {
    type Error = DecodeError;

    fn try_from(event: LenientEvent) -> Result<Self, DecodeError> {
        event.into_event()
    }
}

impl UncheckedEvent {
    /// Returns an error if an attribute would collide with another one, or take the name of one of
    /// the specification, after its name is rewritten.
    ///
    /// A receiver would read another value than this program saw.
    pub(crate) fn check_names(
        &self,
        written: fn(&str) -> String,
        place: &'static str,
    ) -> Result<(), EncodeError> {
        let mut seen = HashSet::new();
        for (name, _) in &self.attributes {
            let written = written(name);
            let is_reserved = name::core_at(&written).is_some()
                || matches!(&*written, name::DATA | name::DATA_BASE64);
            if (is_reserved && written != *name) || !seen.insert(written) {
                return Err(EncodeError::ambiguous(name, place));
            }
        }
        Ok(())
    }

    /// Returns the event if its attributes have no violations.
    fn to_event(&self) -> Option<Event> {
        let mut event = PartialEvent::with_limits(Limits::UNLIMITED);
        for (name, value) in &self.attributes {
            let scalar = match value {
                UncheckedValue::Text(text) => Scalar::Text(Cow::Borrowed(text)),
                UncheckedValue::Json(json) => Scalar::from_json(json)?,
                UncheckedValue::Bytes(_) => return None,
            };
            event.set(Cow::Borrowed(name), scalar);
        }
        event.into_event(self.data.clone().ok()?, None).ok()
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&UncheckedValue> {
        let found = self.attributes.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value)
    }
}

impl From<Event> for UncheckedEvent {
    fn from(event: Event) -> Self {
        let attributes = event.attributes();
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value.into()));
        Self {
            attributes: attributes.collect(),
            data: Ok(event.data().cloned()),
        }
    }
}

impl From<AttributeRef<'_>> for UncheckedValue {
    fn from(value: AttributeRef<'_>) -> Self {
        let text = value.into_text().into_owned();
        match value {
            AttributeRef::Boolean(_) | AttributeRef::Integer(_) => Self::Json(text),
            _ => Self::Text(text),
        }
    }
}

impl UncheckedValue {
    pub(crate) fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Json(text) => Cow::Borrowed(text),
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes),
        }
    }
}
