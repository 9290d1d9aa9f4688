//! The builder for events.

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

/// A builder for [`Event`]s, which checks everything at once in [`build`](EventBuilder::build).
///
/// Without an id, the event gets a random UUID. Without a time, it gets the current one.
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
#[must_use = "a builder creates an event only when `build` is called"]
pub struct EventBuilder {
    /// Boxed, because each setter moves the builder.
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

    /// Returns the media type to encode data with: the one that is set, or JSON.
    pub(crate) fn data_content_type_or_json(&self) -> &str {
        self.parts.core[name::DATACONTENTTYPE_AT]
            .as_deref()
            .unwrap_or(JSON)
    }

    /// Sets the id. Source and id together identify the event.
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

    /// Sets the time of the occurrence.
    pub fn time(mut self, time: impl Into<Timestamp>) -> Self {
        self.parts.time = Some(time.into());
        self.without_time = false;
        self
    }

    /// Leaves the time unset instead of using the current one.
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

    /// Sets an extension attribute, replacing any previous value.
    ///
    /// A number of any integer type becomes an Integer. [`build`](Self::build) refuses one that
    /// exceeds 32 bits; pass such a number as a string.
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

    /// Serializes a value as the JSON data of the event. The content type is `application/json`
    /// unless another one is set.
    ///
    /// If the content type does not declare JSON, the JSON text becomes text of that content type.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be serialized as JSON.
    pub fn data_json<T: Serialize + ?Sized>(self, value: &T) -> Result<Self, EncodeError> {
        let bytes = buffer_pool::write_json(value).map_err(EncodeError::data)?;
        Ok(self.data(Data::new_unchecked(DataKind::Json, bytes)))
    }

    /// Sets the data to text. The content type is `text/plain; charset=utf-8` unless another one is
    /// set.
    ///
    /// If the content type declares JSON, the text must be JSON.
    pub fn data_text(self, text: impl Into<String>) -> Self {
        self.data(Data::text(text))
    }

    /// Sets the data to bytes, without a content type unless one is set.
    pub fn data_bytes(self, bytes: impl IntoBytes) -> Self {
        self.data(Data::binary(bytes.into_bytes()))
    }

    /// Sets the data to that of another event.
    pub fn data(mut self, data: Data) -> Self {
        self.parts.data = Some(data);
        self
    }

    /// Creates the event.
    ///
    /// # Errors
    ///
    /// Returns an error if the source or the type is missing, if an attribute violates the
    /// specification, or if not every binding could carry the data unchanged: its content type is
    /// that of whole events, or it is text in another charset than UTF-8. The error lists all
    /// violations.
    pub fn build(mut self) -> Result<Event, BuildError> {
        if self.parts.time.is_none() && !self.without_time {
            self.parts.time = Some(Timestamp::now());
        }
        self.parts.finish()
    }
}
