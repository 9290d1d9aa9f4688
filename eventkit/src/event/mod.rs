//! The envelope: context attributes, extension attributes and data.
//!
//! ```
//! use eventkit::Event;
//! use eventkit::event::{Uri, UriReference};
//!
//! let event = Event::builder()
//!     .source("/shop/orders")
//!     .ty("co.outcome.order.placed")
//!     .extension("invoice", Uri::new("https://example.com/invoices/1")?)
//!     .extension("parent", UriReference::new("../orders/7")?)
//!     .data_json(&serde_json::json!({ "order_id": "A-1" }))?
//!     .build()?;
//! assert_eq!(event.source(), "/shop/orders");
//! assert_eq!(event.extension_as::<UriReference>("parent")?.as_str(), "../orders/7");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Uri`] and [`UriReference`] are types of this crate. The other attribute types are `String`,
//! `bool`, `i32`, `Bytes` and [`Timestamp`].

mod attribute;
pub(crate) mod buffer_pool;
mod builder;
mod check;
mod core_attributes;
mod data;
mod event_parts;
mod extensions;
pub(crate) mod json;
mod lenient;
mod limits;
mod media_type;
mod partial;
mod rfc3339;
mod serde_text;
pub(crate) mod timestamp;
mod uri;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub(crate) use eventkit_cesql::rules as name;

pub use crate::error::{AttributeError, BuildError, LimitExceeded, Violation};
pub use attribute::{Attribute, AttributeRef, AttributeValue};
pub use builder::EventBuilder;
use core_attributes::CoreAttributes;
pub use data::{Data, DataKind, IntoBytes};
pub(crate) use event_parts::EventParts;
pub(crate) use extensions::DOCUMENTED;
pub use extensions::{Extensions, Iter as ExtensionsIter};
pub use lenient::LenientEvent;
pub(crate) use lenient::{Parsed, UncheckedEvent, UncheckedValue};
pub use limits::Limits;
pub use media_type::MediaType;
pub(crate) use media_type::{
    JSON, PLAIN_TEXT, declares_batch, declares_events, declares_json, is_utf8, without_tabs,
};
pub(crate) use partial::{PartialEvent, Scalar};
pub(crate) use serde_text::as_text;
pub use timestamp::Timestamp;
pub use uri::{Uri, UriReference};

/// The version of the specification of every event.
pub(crate) const SPECVERSION: &str = "1.0";

/// A valid event of CloudEvents 1.0: its context attributes, extensions and data.
///
/// A [builder](Event::builder), the [`to_event`](crate::CloudEvent::to_event) of a derived type,
/// and decoders create events. All of them check the event, and so do the setters. A clone shares
/// the event and costs one reference count.
///
/// Two events are equal if their attributes and the bytes of their data are equal. Extensions are
/// compared by their [canonical strings](AttributeValue). Empty data equals no data, because the
/// body of a message does not distinguish them. If the content type declares JSON, white space
/// around the value is ignored.
///
/// Every event that can be built equals its decoded form, in every content mode and in the JSON
/// format, if it is within the [`Limits`] of the decoder. [`build`](EventBuilder::build) refuses all
/// other events. Another format may refuse an event that it cannot represent, or keep of a time only
/// its instant.
///
/// Events implement [`Serialize`](serde::Serialize) and [`Deserialize`](serde::Deserialize), so a
/// serde struct can contain them. [`Json`](struct@crate::format::Json) is faster, and keeps the
/// bytes of JSON data.
///
/// ```
/// use eventkit::Event;
///
/// let event = Event::builder().id("1").source("/s").ty("t").data_text("hi").build()?;
/// assert_eq!((event.id(), event.source(), event.ty()), ("1", "/s", "t"));
/// assert_eq!(event.data().unwrap().as_bytes(), b"hi");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Event(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    core: CoreAttributes,
    time: Option<Timestamp>,
    extensions: Extensions,
    data: Option<Data>,
}

impl PartialEq for Inner {
    fn eq(&self, other: &Self) -> bool {
        self.core == other.core
            && self.time == other.time
            && self.extensions == other.extensions
            && self.compared_data() == other.compared_data()
    }
}

impl Inner {
    fn compared_data(&self) -> &[u8] {
        let bytes = self.data.as_ref().map_or(&[][..], Data::as_bytes);
        let content_type = self.core.get(name::DATACONTENTTYPE_AT);
        if content_type.is_some_and(declares_json) {
            json::trim(bytes)
        } else {
            bytes
        }
    }
}

impl Eq for Inner {}

impl Event {
    /// Returns a builder for a new event.
    pub fn builder() -> EventBuilder {
        EventBuilder::default()
    }

    /// Returns a builder with all attributes and the data of this event, including its id and time.
    ///
    /// ```
    /// # use eventkit::Event;
    /// let event = Event::builder().id("1").source("/s").ty("t").data_text("hi").build()?;
    /// let renamed = event.to_builder().id("2").ty("u").build()?;
    /// assert_eq!((renamed.id(), renamed.ty(), renamed.data()), ("2", "u", event.data()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A decoded event may have a content type that [`build`](EventBuilder::build) refuses, because
    /// not every binding can carry it.
    pub fn to_builder(&self) -> EventBuilder {
        let inner = &*self.0;
        let owned = |text: &str| Cow::Owned(text.to_owned());
        let extensions = inner.extensions.iter();
        let builder = EventBuilder::from_parts(EventParts {
            core: std::array::from_fn(|at| inner.core.get(at).map(owned)),
            time: inner.time,
            extensions: extensions
                .map(|(name, value)| (owned(name), value.clone()))
                .collect(),
            data: inner.data.clone(),
            violations: None,
        });
        match inner.time {
            Some(_) => builder,
            None => builder.without_time(),
        }
    }

    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.core.get(name::ID_AT).unwrap_or_default()
    }

    /// Returns the source, a URI-reference.
    #[must_use]
    pub fn source(&self) -> &str {
        self.0.core.get(name::SOURCE_AT).unwrap_or_default()
    }

    /// Returns the version of the specification, which is `1.0`.
    #[must_use]
    pub fn spec_version(&self) -> &'static str {
        SPECVERSION
    }

    /// Returns the type.
    #[must_use]
    pub fn ty(&self) -> &str {
        self.0.core.get(name::TYPE_AT).unwrap_or_default()
    }

    /// Returns the subject.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.core.get(name::SUBJECT_AT)
    }

    /// Returns the time, with its original offset.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.0.time
    }

    /// Returns the media type of the data, as it was written.
    #[must_use]
    pub fn data_content_type(&self) -> Option<&str> {
        self.0.core.get(name::DATACONTENTTYPE_AT)
    }

    /// Returns the URI of the schema of the data.
    #[must_use]
    pub fn data_schema(&self) -> Option<&str> {
        self.0.core.get(name::DATASCHEMA_AT)
    }

    /// Returns the value of an extension attribute.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<&AttributeValue> {
        self.0.extensions.get(name)
    }

    /// Reads an extension attribute as a Rust type. A string value is parsed.
    ///
    /// If the type is an [`Option`], an absent extension is `None`.
    ///
    /// ```
    /// # use eventkit::Event;
    /// let event = Event::builder().source("/s").ty("t").extension("n", "7").build()?;
    /// assert_eq!(event.extension_as::<i32>("n")?, 7);
    /// assert_eq!(event.extension_as::<Option<i32>>("m")?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the extension is absent, or if its value cannot be read as that type.
    pub fn extension_as<T: Attribute>(&self, name: &str) -> Result<T, AttributeError> {
        T::from_attribute(self.extension(name).map(AttributeRef::from))
    }

    /// Returns all extension attributes.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// Returns the data, or `None` if the event has none.
    #[must_use]
    pub fn data(&self) -> Option<&Data> {
        self.0.data.as_ref()
    }

    /// Returns the names and values of all attributes that are set, core attributes first.
    ///
    /// ```
    /// # use eventkit::Event;
    /// let event = Event::builder().id("1").source("/s").ty("t").extension("n", 7).build()?;
    /// for (name, value) in event.attributes() {
    ///     println!("{name}: {}", value.into_text());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn attributes(&self) -> impl Iterator<Item = (&str, AttributeRef<'_>)> {
        let core = name::CORE.into_iter();
        let core = core.filter_map(|name| Some((name, self.attribute(name)?)));
        let extensions = self.extensions().iter();
        core.chain(extensions.map(|(name, value)| (name, AttributeRef::from(value))))
    }

    /// Returns the value of an attribute or extension by its name in the specification.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        match name::core_at(name) {
            Some(name::SPECVERSION_AT) => Some(AttributeRef::Text(SPECVERSION)),
            Some(name::TIME_AT) => self.time().map(AttributeRef::Timestamp),
            Some(at) => self.0.core.get(at).map(AttributeRef::Text),
            None => self.extension(name).map(AttributeRef::from),
        }
    }
}

/// Setters. Each one checks the value, and leaves the event unchanged if it returns an error.
impl Event {
    /// Sets the id.
    ///
    /// # Errors
    ///
    /// Returns an error if the id is empty or contains control characters.
    pub fn set_id(&mut self, id: impl Into<String>) -> Result<(), BuildError> {
        self.set_text(name::ID_AT, Some(&id.into()), check::id)
    }

    /// Sets the source.
    ///
    /// # Errors
    ///
    /// Returns an error if the source is empty or not a URI-reference.
    pub fn set_source(&mut self, source: impl Into<String>) -> Result<(), BuildError> {
        self.set_text(name::SOURCE_AT, Some(&source.into()), check::source)
    }

    /// Sets the type.
    ///
    /// # Errors
    ///
    /// Returns an error if the type is empty or contains control characters.
    pub fn set_ty(&mut self, ty: impl Into<String>) -> Result<(), BuildError> {
        self.set_text(name::TYPE_AT, Some(&ty.into()), check::ty)
    }

    /// Sets or unsets the subject.
    ///
    /// # Errors
    ///
    /// Returns an error if the subject is empty or contains control characters.
    pub fn set_subject(&mut self, subject: Option<&str>) -> Result<(), BuildError> {
        self.set_text(name::SUBJECT_AT, subject, check::subject)
    }

    /// Sets or unsets the time.
    ///
    /// # Errors
    ///
    /// Returns an error if RFC 3339 cannot represent the year or the leap second.
    pub fn set_time(&mut self, time: Option<Timestamp>) -> Result<(), BuildError> {
        time.map_or(Ok(()), check::time)?;
        self.inner_mut().time = time;
        Ok(())
    }

    /// Sets or unsets the URI of the schema of the data.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not an absolute URI.
    pub fn set_data_schema(&mut self, uri: Option<&str>) -> Result<(), BuildError> {
        self.set_text(name::DATASCHEMA_AT, uri, check::dataschema)
    }

    /// Sets the data and its content type together, so that they always agree.
    ///
    /// # Errors
    ///
    /// Returns an error if the content type is not a media type, or denotes whole events. Text
    /// data is also refused if the content type declares JSON and the text is not JSON, or if it
    /// declares a charset other than UTF-8.
    pub fn set_data(&mut self, content_type: Option<&str>, data: Data) -> Result<(), BuildError> {
        let mut builder = self.to_builder().data(data);
        builder.parts.core[name::DATACONTENTTYPE_AT] =
            content_type.map(|text| Cow::Owned(text.to_owned()));
        *self = builder.build()?;
        Ok(())
    }

    /// Removes the data with its content type and schema, and returns it.
    pub fn take_data(&mut self) -> Option<Data> {
        let inner = self.inner_mut();
        // The remaining attributes must not keep the buffer of the message alive.
        let about_data = [name::DATACONTENTTYPE_AT, name::DATASCHEMA_AT];
        inner.core.set(&about_data.map(|at| (at, None)));
        inner.data.take()
    }

    /// Sets an extension attribute, and returns its previous value.
    ///
    /// # Errors
    ///
    /// Returns an error if the specification forbids the name or the value.
    pub fn set_extension(
        &mut self,
        name: impl Into<String>,
        value: impl TryInto<AttributeValue, Error: Into<AttributeError>>,
    ) -> Result<Option<AttributeValue>, BuildError> {
        let name = name.into();
        let value = value
            .try_into()
            .map_err(|error| Violation::from_error(&name, &error.into(), "core, Type System"))?;
        check::extension(&name, &value)?;
        Ok(self.inner_mut().extensions.insert(Cow::Owned(name), value))
    }

    /// Removes an extension attribute, and returns its value.
    pub fn remove_extension(&mut self, name: &str) -> Option<AttributeValue> {
        self.inner_mut().extensions.remove(name)
    }

    fn set_text(
        &mut self,
        at: usize,
        text: Option<&str>,
        check: fn(&str) -> Result<(), Violation>,
    ) -> Result<(), BuildError> {
        text.map_or(Ok(()), check)?;
        self.inner_mut().core.set(&[(at, text)]);
        Ok(())
    }

    fn inner_mut(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Event");
        shown
            .field("id", &self.id())
            .field("source", &self.source())
            .field("type", &self.ty());
        let optional = [
            (name::SUBJECT, self.subject()),
            (name::DATACONTENTTYPE, self.data_content_type()),
            (name::DATASCHEMA, self.data_schema()),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                shown.field(name, &value);
            }
        }
        if let Some(time) = self.time() {
            shown.field(name::TIME, &format_args!("{time}"));
        }
        for (name, value) in self.extensions() {
            shown.field(name, value);
        }
        if let Some(data) = self.data() {
            shown.field(name::DATA, data);
        }
        shown.finish()
    }
}

impl fmt::Display for Event {
    /// Writes type, id and source on one line, for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} from {}", self.ty(), self.id(), self.source())
    }
}
