//! A reader of messages in binary content mode.

use std::borrow::Cow;

use bytes::Bytes;

use super::header_value;
use crate::codec::{JsonSeed, decode_into};
use crate::error::{AttributeError, DecodeError};
use crate::event::{
    AttributeRef, AttributeValue, Data, DataKind, Event, JSON, Limits, PLAIN_TEXT, PartialEvent,
    Scalar, Violation, declares_json, name, without_tabs,
};
use crate::typed::{AttributeSource, CloudEvent, EventReader};

/// A reader of messages in binary content mode, for authors of protocol bindings.
///
/// It collects the attributes of a message within [`Limits`], records violations, and creates an
/// [`Event`] or a typed value from the attributes and the body. An empty body means no data, unless
/// an empty body is valid for the content type.
///
/// ```
/// use eventkit::binding::BinaryReader;
/// use eventkit::event::AttributeRef;
/// use eventkit::Limits;
///
/// // The user properties of an MQTT message have the names of the attributes.
/// let properties = [
///     ("specversion", "1.0"), ("id", "1"), ("source", "/s"), ("type", "t"), ("trace", "7"),
/// ];
/// let content_type = "application/json";
///
/// let mut reader = BinaryReader::new(Limits::DEFAULT);
/// for (name, value) in properties {
///     reader.attribute(name, AttributeRef::Text(value));
/// }
/// reader.attribute("datacontenttype", AttributeRef::Text(content_type));
/// let event = reader.into_event("[7]".into())?;
/// assert_eq!(event.data_as::<Vec<u8>>()?, [7]);
/// # Ok::<(), eventkit::DecodeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct BinaryReader<'a> {
    event: PartialEvent<'a>,
}

impl<'a> BinaryReader<'a> {
    /// Creates a reader without attributes.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let event = PartialEvent::with_limits(limits);
        Self { event }
    }

    /// Adds an attribute whose value has one of the protocol's types.
    ///
    /// As in HTTP, a content type may have tabs around its semicolons. Attributes cannot contain
    /// tabs, so they become spaces, which are equivalent (RFC 9110, section 5.6.3).
    pub fn attribute(&mut self, name: impl Into<Cow<'a, str>>, value: AttributeRef<'a>) {
        match value {
            AttributeRef::Text(text) => self.text(name.into(), Cow::Borrowed(text)),
            other => self.attribute_value(name, other.into()),
        }
    }

    /// Adds an attribute from an owned value, which may have any of the seven types of the
    /// specification.
    ///
    /// [`attribute`](Self::attribute) borrows its value, but cannot tell a URI from other text.
    ///
    /// ```
    /// use eventkit::Limits;
    /// use eventkit::binding::BinaryReader;
    ///
    /// let mut reader = BinaryReader::new(Limits::DEFAULT);
    /// for (name, value) in [("specversion", "1.0"), ("source", "/s"), ("type", "t")] {
    ///     reader.attribute_value(name, value.into());
    /// }
    /// reader.attribute_value("id", 17.to_string().into());
    /// assert_eq!(reader.into_event("".into())?.id(), "17");
    /// # Ok::<(), eventkit::DecodeError>(())
    /// ```
    pub fn attribute_value(&mut self, name: impl Into<Cow<'a, str>>, value: AttributeValue) {
        let value = match value {
            AttributeValue::Boolean(flag) => Scalar::Boolean(flag),
            AttributeValue::Integer(number) => Scalar::Integer(number),
            AttributeValue::String(text) => return self.text(name.into(), Cow::Owned(text)),
            typed => Scalar::Typed(Box::new(typed)),
        };
        self.event.set(name.into(), value);
    }

    /// Adds an attribute from its canonical string.
    fn text(&mut self, name: Cow<'a, str>, text: Cow<'a, str>) {
        let text = if name == name::DATACONTENTTYPE && text.contains('\t') {
            Cow::Owned(without_tabs(&text))
        } else {
            text
        };
        self.event.set(name, Scalar::Text(text));
    }

    /// Adds an attribute from the [value of a header](header_value), which may be percent-encoded.
    ///
    /// A [`Violation`] refers to `section`, the section of the binding on header values.
    #[inline]
    pub fn header(
        &mut self,
        name: impl Into<Cow<'a, str>>,
        value: &'a [u8],
        section: &'static str,
    ) {
        let name = name.into();
        match header_value::decode_with(value, self.event.limits().raw_percent_signs) {
            Ok(text) => self.event.set(name, Scalar::Text(text)),
            Err(error) => self.refuse(name, &error, section),
        }
    }

    /// Adds an attribute from a header whose value is UTF-8 without further encoding.
    ///
    /// A [`Violation`] refers to `section`, the section of the binding on header values.
    ///
    /// ```
    /// use eventkit::Limits;
    /// use eventkit::binding::BinaryReader;
    ///
    /// let mut reader = BinaryReader::new(Limits::DEFAULT);
    /// for (name, value) in [("specversion", "1.0"), ("id", "100 %"), ("source", "/s"), ("type", "t")] {
    ///     reader.utf8_header(name, value.as_bytes(), "Kafka binding, 3.2.3");
    /// }
    /// assert_eq!(reader.into_event("".into())?.id(), "100 %");
    /// # Ok::<(), eventkit::DecodeError>(())
    /// ```
    #[inline]
    pub fn utf8_header(
        &mut self,
        name: impl Into<Cow<'a, str>>,
        value: &'a [u8],
        section: &'static str,
    ) {
        let name = name.into();
        if let Ok(text) = std::str::from_utf8(value) {
            self.attribute(name, AttributeRef::Text(text));
        } else {
            let error = AttributeError::new(&String::from_utf8_lossy(value), "text in UTF-8");
            self.refuse(name, &error, section);
        }
    }

    /// Adds an attribute whose value cannot be decoded.
    fn refuse(&mut self, name: Cow<'a, str>, error: &AttributeError, section: &'static str) {
        let violation = Violation::from_error(&name, error, section);
        self.event.add_violation(violation);
        self.event.set(name, Scalar::Invalid);
    }

    /// Adds a violation found by the binding.
    pub fn add_violation(&mut self, violation: Violation) {
        self.event.add_violation(violation);
    }

    /// Creates the event.
    ///
    /// # Errors
    ///
    /// Returns an error if an attribute is missing, invalid or exceeds a limit.
    pub fn into_event(self, body: Bytes) -> Result<Event, DecodeError> {
        self.into_event_of(Some(body))
    }

    /// Creates the event from a message that may have no body, which means no data.
    pub(super) fn into_event_of(mut self, body: Option<Bytes>) -> Result<Event, DecodeError> {
        self.limit_depth(body.as_deref());
        let data = self.data(body);
        self.event.into_event(data, None)
    }

    /// Creates the event with data whose kind the message tells, as a structured message does.
    ///
    /// The content type determines the kind of text and JSON. Text that is not the JSON that its
    /// content type declares becomes binary data. Without a content type, text and JSON imply one,
    /// as they do in a [builder](Event::builder).
    ///
    /// ```
    /// use eventkit::Limits;
    /// use eventkit::binding::BinaryReader;
    /// use eventkit::event::{AttributeRef, Data};
    ///
    /// let mut reader = BinaryReader::new(Limits::DEFAULT);
    /// for (name, value) in [("specversion", "1.0"), ("id", "1"), ("source", "/s"), ("type", "t")] {
    ///     reader.attribute(name, AttributeRef::Text(value));
    /// }
    /// let event = reader.into_event_with(Some(Data::text("hi")))?;
    /// assert_eq!(event.data_content_type(), Some("text/plain; charset=utf-8"));
    /// # Ok::<(), eventkit::DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if an attribute is missing, invalid or exceeds a limit.
    pub fn into_event_with(mut self, data: Option<Data>) -> Result<Event, DecodeError> {
        let Some(data) = data else {
            return self.event.into_event(None, None);
        };
        match data.kind() {
            DataKind::Text => self.event.imply(name::DATACONTENTTYPE_AT, PLAIN_TEXT),
            DataKind::Json => self.event.imply(name::DATACONTENTTYPE_AT, JSON),
            DataKind::Binary => {}
        }
        self.limit_depth(Some(data.as_bytes()));
        let data = match self.content_type() {
            Some(content_type) => {
                let bytes = data.bytes().clone();
                let settled = data.under(content_type);
                settled.unwrap_or_else(|_| Data::binary(bytes))
            }
            None => data,
        };
        self.event.into_event(Some(data), None)
    }

    /// Creates a value of a derived type, without an intermediate [`Event`].
    ///
    /// # Errors
    ///
    /// Returns an error if [`into_event`](Self::into_event) would, or if the event is not a `T`.
    pub fn into_typed<T: CloudEvent>(self, body: &[u8]) -> Result<T, DecodeError> {
        self.into_typed_of(Some(body))
    }

    /// Creates a value of a derived type from a message that may have no body, which means no data.
    pub(super) fn into_typed_of<T: CloudEvent>(
        mut self,
        body: Option<&[u8]>,
    ) -> Result<T, DecodeError> {
        self.limit_depth(body);
        T::from_reader(&mut BinaryMessage { reader: self, body })
    }

    /// Collects all violations of the attributes, and returns the data.
    pub(super) fn into_violations(
        mut self,
        body: Option<Bytes>,
    ) -> Result<(Vec<Violation>, Option<Data>), DecodeError> {
        self.limit_depth(body.as_deref());
        let data = self.data(body);
        Ok((self.event.into_violations()?, data))
    }

    fn data(&self, body: Option<Bytes>) -> Option<Data> {
        let content_type = self.content_type();
        let body = body.filter(|body| is_data(body, content_type));
        body.map(|body| Data::from_body(body, content_type))
    }

    fn content_type(&self) -> Option<&str> {
        self.event.content_type()
    }

    /// Records whether a JSON body is nested too deeply.
    fn limit_depth(&mut self, body: Option<&[u8]>) {
        if let Some(body) = body
            && self.content_type().is_some_and(declares_json)
        {
            self.event.limit_depth_of(body);
        }
    }
}

/// Returns whether a body is data; an empty one may mean that there is none.
fn is_data(body: &[u8], content_type: Option<&str>) -> bool {
    !body.is_empty() || content_type.is_some_and(|content_type| !declares_json(content_type))
}

/// A message in binary mode, with its attributes collected.
struct BinaryMessage<'a, 'b> {
    reader: BinaryReader<'a>,
    body: Option<&'b [u8]>,
}

impl BinaryMessage<'_, '_> {
    /// Checks everything except the type of the data.
    fn check(&mut self, ty: &'static str) -> Result<(), DecodeError> {
        self.reader.event.check()?;
        self.reader.event.expect_type(ty)
    }
}

impl EventReader for BinaryMessage<'_, '_> {
    fn event_type(&self) -> Result<Cow<'_, str>, DecodeError> {
        if let Some(ty) = self.reader.event.text(name::TYPE) {
            return Ok(Cow::Borrowed(ty));
        }
        let mut event = self.reader.event.clone();
        event.require_type().map(|ty| Cow::Owned(ty.to_owned()))
    }

    fn read(&mut self, ty: &'static str, seed: &mut dyn JsonSeed) -> Result<(), DecodeError> {
        self.check(ty)?;
        let content_type = self.reader.content_type();
        let data = self.body.filter(|body| is_data(body, content_type));
        decode_into(seed, data, content_type)
    }

    fn read_attributes(&mut self, ty: &'static str) -> Result<(), DecodeError> {
        self.check(ty)
    }

    fn read_event(&mut self) -> Result<Event, DecodeError> {
        let data = self.reader.data(self.body.map(Bytes::copy_from_slice));
        self.reader.event.clone().into_event(data, None)
    }

    fn attributes(&self) -> &dyn AttributeSource {
        &self.reader.event
    }
}
