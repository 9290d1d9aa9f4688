//! Events that may break the specification, for programs that pass them on.

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

/// An event as it came, valid or not, with a list of what is wrong with it.
///
/// It is for forwarders and proxies, which must not lose an event because its producer made a small
/// mistake: an upper-case extension name, a `dataschema` of `#`, a malformed `time`, another
/// `specversion`. Handlers and everything else take an [`Event`], which is always valid;
/// [`into_event`](Self::into_event) makes one where nothing is wrong.
///
/// It is made by [`Format::decode_lenient`](crate::format::Format::decode_lenient) and
/// [`http::decode_lenient`](crate::binding::http::decode_lenient). What cannot be kept is an error
/// there: text that is not JSON, JSON that is not an object, a message that is no event at all, and
/// what is over one of the [`Limits`](crate::Limits).
///
/// ```
/// use bytes::Bytes;
/// use eventkit::binding::http::{self, Message};
/// use eventkit::format::Json;
///
/// /// Passes a message on as it came, or in structured mode to those who ask for it.
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
/// In the content mode and format that an event came in, it is written byte for byte: the body, and
/// over HTTP the `Content-Type`, the `Content-Encoding` and in binary mode the `ce-` headers. The other
/// headers of a message are the forwarder's own affair. Only a batch is written anew around its elements,
/// which are kept.
///
/// From one mode or format to another
///
/// - an event that breaks nothing is written as [`Event`] is;
/// - of any other, every attribute is carried with the name and the text it came with, in its order,
///   and so is the data;
/// - `null` is unset, so it is left out;
/// - to headers, a number or a Boolean becomes its JSON text, and names lose their upper case, since
///   headers have none;
/// - to JSON, a header that is not percent-encoded UTF-8 becomes the text it is, and a body that is
///   not the JSON its content type declares becomes `data_base64`;
/// - what the other side has no form for is an [`EncodeError`](crate::EncodeError) that names it: an
///   array or object, or a name that is no token, in a header; `ce-data`, or a value that is not
///   UTF-8, in JSON; data that is there twice, is malformed Base64, or has a `Content-Encoding`,
///   anywhere;
/// - and so is what a receiver would take for something else than the forwarder saw: an attribute that
///   is there more than once, or that meets another one, or an attribute of the specification, once its
///   name has lost its upper case (`Subject` in JSON would become `ce-subject`).
///
/// A program that decides by an attribute has to look at the violations too: of one that came more than
/// once, it sees the first, and a receiver of the same bytes may take another. Quotes within the value of
/// a header are read in different ways by other SDKs, see [`header_value`](crate::binding::header_value).
///
/// A message in structured mode whose event format is not registered, or whose body has a
/// `Content-Encoding`, cannot be read: its event has no attributes, and can only be written as it came.
#[derive(Debug, Clone)]
pub struct LenientEvent {
    parsed: Parsed,
    violations: Vec<Violation>,
    text: Option<FormatText>,
    /// What a binding keeps of the message; its type is private to the binding.
    message: Option<Arc<dyn Any + Send + Sync>>,
}

/// What has been made out of a message.
#[derive(Debug, Clone)]
pub(crate) enum Parsed {
    /// An event that breaks nothing.
    Valid(Event),
    /// Anything else.
    Unchecked(UncheckedEvent),
}

/// The attributes and the data of an event that breaks the specification.
#[derive(Debug, Clone)]
pub(crate) struct UncheckedEvent {
    /// Names and values in their order, as often as they came, without those that are unset.
    pub(crate) attributes: Vec<(String, UncheckedValue)>,
    /// The data, or why it cannot be told.
    pub(crate) data: Result<Option<Data>, &'static str>,
}

/// The value of an attribute that has not been checked.
#[derive(Debug, Clone)]
pub(crate) enum UncheckedValue {
    Text(String),
    /// The text of a JSON value that is not a string of text.
    Json(String),
    /// A header that is not UTF-8.
    Bytes(Bytes),
}

/// What an event was read from, in the format of this media type.
#[derive(Debug, Clone)]
struct FormatText {
    media_type: String,
    bytes: Bytes,
}

impl LenientEvent {
    /// Returns what is wrong, in the order in which it was found; nothing where the event is valid.
    ///
    /// Of a message with more, the first hundred or so are told.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Returns the text of an attribute by its name, extensions included.
    ///
    /// Of a valid event it is the canonical text, and otherwise the text as it came: the characters
    /// of a string, the JSON of another JSON value, of a header what it decodes to or else what it
    /// is. Where an attribute came more than once, it is the first.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        match &self.parsed {
            Parsed::Valid(event) => event.attribute(name).map(AttributeRef::into_text),
            Parsed::Unchecked(raw) => raw.attribute(name).map(UncheckedValue::to_text),
        }
    }

    /// Returns the names and texts of all attributes, as [`attribute`](Self::attribute) returns them
    /// and as often as they came.
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

    /// Returns the data, or `None` where there is none or it cannot be told which bytes it is.
    #[must_use]
    pub fn data(&self) -> Option<&Data> {
        match &self.parsed {
            Parsed::Valid(event) => event.data(),
            Parsed::Unchecked(raw) => raw.data.as_ref().ok()?.as_ref(),
        }
    }

    /// Sets an extension attribute whose name or value the specification may forbid, and removes others
    /// of its name.
    ///
    /// It is for consumers that want a name such as `tabular-id` or `cf_colo`, which no [`Event`] can
    /// have. The result is not what was received, so no encoder writes it as it came. The name of a
    /// context attribute is a [violation](Self::violations), as it is for an extension of an `Event`.
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

    /// Creates the event, as a strict decoder would have.
    ///
    /// # Errors
    ///
    /// Returns an error if there are violations; the error lists them all.
    pub fn into_event(self) -> Result<Event, DecodeError> {
        match self.parsed {
            Parsed::Valid(event) if self.violations.is_empty() => Ok(event),
            _ => Err(BuildError::new(self.violations).into()),
        }
    }

    /// Creates one of a message that breaks the specification.
    pub(crate) fn new(raw: UncheckedEvent, violations: Vec<Violation>) -> Self {
        Self {
            parsed: Parsed::Unchecked(raw),
            violations,
            text: None,
            message: None,
        }
    }

    /// Keeps what an event format has read it from.
    pub(crate) fn with_text(mut self, media_type: &str, bytes: Bytes) -> Self {
        let media_type = media_type.to_ascii_lowercase();
        self.text = Some(FormatText { media_type, bytes });
        self
    }

    /// Keeps the message that a binding has read it from.
    pub(crate) fn with_message(mut self, message: impl Any + Send + Sync) -> Self {
        self.message = Some(Arc::new(message));
        self
    }

    /// Notes what is wrong with the message around the event.
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

    /// Returns what it was read from in structured mode: media type and text.
    pub(crate) fn text(&self) -> Option<(&str, &Bytes)> {
        let text = self.text.as_ref()?;
        Some((&text.media_type, &text.bytes))
    }

    /// Returns what it was read from, if that is of this media type.
    pub(crate) fn text_in(&self, media_type: &str) -> Option<&Bytes> {
        let (own, bytes) = self.text()?;
        own.eq_ignore_ascii_case(media_type).then_some(bytes)
    }

    /// Returns the message of a binding that it was read from.
    pub(crate) fn message<M: Any>(&self) -> Option<&M> {
        self.message.as_ref()?.downcast_ref()
    }
}

impl From<Event> for LenientEvent {
    /// Takes an event that was not received, or is not to be passed on as it came.
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
    /// Returns an error if an attribute would meet another one, or get the name of another one of the
    /// specification, once names are written in another way.
    ///
    /// A receiver would read another attribute than this program saw.
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

    /// Creates the event if nothing is wrong with its attributes.
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
