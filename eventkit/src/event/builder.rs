//! Builder of events.

use std::borrow::Cow;

use serde::Serialize;

use super::Event;
use super::attribute::AttributeValue;
use super::buffer_pool;
use super::data::{Data, DataKind, IntoBytes};
use super::event_parts::EventParts;
use super::media_type::JSON;
use super::name;
use super::timestamp::Timestamp;
use crate::error::{AttributeError, BuildError, EncodeError};

/// Builds an [`Event`]; everything is checked once, in [`build`](EventBuilder::build).
///
/// An id that is not given is a random UUID, and a time that is not given is now.
///
/// ```
/// use eventkit::Event;
///
/// let event = Event::builder()
///     .source("/shop/orders")
///     .ty("co.outcome.order.placed")
///     .extension("priority", 7)
///     .data_json(&["book", "pen"])?
///     .build()?;
/// assert_eq!(event.data_content_type(), Some("application/json"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder makes nothing until `build` is called"]
pub struct EventBuilder {
    /// Boxed, since each setter moves the builder.
    pub(crate) parts: Box<EventParts>,
    without_time: bool,
}

impl EventBuilder {
    pub(crate) fn from_parts(parts: EventParts) -> Self {
        let without_time = false;
        Self {
            parts: Box::new(parts),
            without_time,
        }
    }

    fn text(mut self, at: usize, text: String) -> Self {
        self.parts.core[at] = Some(Cow::Owned(text));
        self
    }

    /// Returns whether the id is set.
    #[doc(hidden)]
    #[must_use]
    pub fn has_id(&self) -> bool {
        self.parts.core[name::ID_AT].is_some()
    }

    /// Returns the media type by which data is encoded.
    pub(crate) fn data_content_type_or_json(&self) -> &str {
        self.parts.core[name::DATACONTENTTYPE_AT]
            .as_deref()
            .unwrap_or(JSON)
    }

    /// Sets the id, which with the source identifies the event.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.text(name::ID_AT, id.into())
    }

    /// Sets the source, a URI-reference.
    pub fn source(self, source: impl Into<String>) -> Self {
        self.text(name::SOURCE_AT, source.into())
    }

    /// Sets the type, such as `co.outcome.order.placed`.
    pub fn ty(self, ty: impl Into<String>) -> Self {
        self.text(name::TYPE_AT, ty.into())
    }

    /// Sets the subject.
    pub fn subject(self, subject: impl Into<String>) -> Self {
        self.text(name::SUBJECT_AT, subject.into())
    }

    /// Sets the time at which it happened.
    pub fn time(mut self, time: impl Into<Timestamp>) -> Self {
        self.parts.time = Some(time.into());
        self.without_time = false;
        self
    }

    /// Leaves the time unset instead of taking the current one.
    pub fn without_time(mut self) -> Self {
        self.parts.time = None;
        self.without_time = true;
        self
    }

    /// Sets the media type of the data.
    pub fn data_content_type(self, media_type: impl Into<String>) -> Self {
        self.text(name::DATACONTENTTYPE_AT, media_type.into())
    }

    /// Sets the URI of the schema of the data.
    pub fn data_schema(self, uri: impl Into<String>) -> Self {
        self.text(name::DATASCHEMA_AT, uri.into())
    }

    /// Sets an extension attribute, in the place of one of the same name.
    ///
    /// A number of any integer type is an Integer; [`build`](Self::build) refuses one that exceeds 32
    /// bits, which is given as a string.
    ///
    /// ```
    /// use eventkit::Event;
    ///
    /// let lines = vec!["book", "pen"];
    /// let builder = Event::builder().source("/s").ty("t").extension("lines", lines.len());
    /// assert_eq!(builder.build()?.extension("lines").unwrap(), &2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn extension(
        mut self,
        name: impl Into<String>,
        value: impl TryInto<AttributeValue, Error: Into<AttributeError>>,
    ) -> Self {
        let name = name.into();
        match value.try_into() {
            Ok(value) => self.parts.set_extension(Cow::Owned(name), value),
            Err(error) => self.parts.refuse(&name, &error.into()),
        }
        self
    }

    /// Sets the data to the JSON of a value, with the content type `application/json` unless
    /// another is given.
    ///
    /// Under a content type that does not declare JSON, the JSON text is text of that type.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be written as JSON.
    pub fn data_json<T: Serialize + ?Sized>(self, value: &T) -> Result<Self, EncodeError> {
        let bytes = buffer_pool::write_json(value).map_err(EncodeError::data)?;
        Ok(self.data(Data::new_unchecked(DataKind::Json, bytes)))
    }

    /// Sets the data to text, with the content type `text/plain; charset=utf-8` unless another is
    /// given.
    ///
    /// Under a content type that declares JSON, the text has to be JSON.
    pub fn data_text(self, text: impl Into<String>) -> Self {
        self.data(Data::text(text))
    }

    /// Sets the data to bytes, with no content type unless one is given.
    pub fn data_bytes(self, bytes: impl IntoBytes) -> Self {
        self.data(Data::binary(bytes.into_bytes()))
    }

    /// Sets the data as another event carries it.
    pub fn data(mut self, data: Data) -> Self {
        self.parts.data = Some(data);
        self
    }

    /// Creates the event.
    ///
    /// # Errors
    ///
    /// Returns an error if the source or the type is missing, an attribute breaks the specification,
    /// or the data is not carried by every binding as what it is: its content type is one of whole
    /// events, or it is text under another charset than UTF-8. The error lists every violation.
    pub fn build(mut self) -> Result<Event, BuildError> {
        if self.parts.time.is_none() && !self.without_time {
            self.parts.time = Some(Timestamp::now());
        }
        self.parts.finish()
    }
}
