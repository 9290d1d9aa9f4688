//! The documented extensions of `CloudEvents` as types.
//!
//! Each type has the name of its attribute. Use it as a field of a derived event, as a parameter of
//! a handler, or pass a value to a builder:
//!
//! ```
//! use eventkit::extension::{CorrelationId, SampledRate, Severity, TraceParent};
//! use eventkit::{CloudEvent, Event, Registry, handles};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, CloudEvent)]
//! #[cloudevent(type = "co.outcome.beat", source = "/clock")]
//! struct Beat {
//!     #[cloudevent(extension = "traceparent")]
//!     trace: Option<TraceParent>,
//!     count: u8,
//! }
//!
//! static CLOCK: Registry = Registry::new("clock");
//!
//! #[handles("co.outcome.beat", registry = CLOCK)]
//! fn log(beat: &Beat, severity: Option<Severity>, flow: CorrelationId) {
//!     println!("{:?} {} in {flow}", severity, beat.count);
//! }
//!
//! let trace: TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
//! let event = Beat { trace: Some(trace), count: 7 }
//!     .event_builder()?
//!     .typed_extension(&CorrelationId::new("txn-1")?)
//!     .typed_extension(&SampledRate::new(30)?)
//!     .build()?;
//! assert_eq!(event.extension_as::<TraceParent>("traceparent")?, trace);
//! assert_eq!(event.typed_extension()?, Some(SampledRate::new(30)?));
//! CLOCK.dispatch(&event)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | extension | types |
//! | --- | --- |
//! | [distributed tracing](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/distributed-tracing.md) | [`TraceParent`], [`TraceState`] |
//! | [partitioning](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/partitioning.md) | [`PartitionKey`] |
//! | [sequence](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/sequence.md) | [`Sequence`], [`SequenceType`] |
//! | [sampled rate](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/sampledrate.md) | [`SampledRate`] |
//! | [expiry time](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/expirytime.md) | [`ExpiryTime`] |
//! | [recorded time](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/recordedtime.md) | [`RecordedTime`] |
//! | [severity](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/severity.md) | [`Severity`], [`SeverityText`] |
//! | [dataref](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/dataref.md) | [`DataRef`] |
//! | [auth context](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/authcontext.md) | [`AuthType`], [`AuthId`], [`AuthClaims`] |
//! | [correlation](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/correlation.md) | [`CorrelationId`], [`CausationId`] |
//!
//! For other extensions, implement [`Extension`] for a type.

mod auth_type;
mod table;
mod trace_parent;
mod trace_state;

use std::borrow::Cow;

pub use auth_type::AuthType;
pub use table::{
    AuthClaims, AuthId, CausationId, CorrelationId, DataRef, ExpiryTime, PartitionKey,
    RecordedTime, SampledRate, Sequence, SequenceType, Severity, SeverityText,
};
pub use trace_parent::TraceParent;
pub use trace_state::TraceState;

use crate::event::{Attribute, AttributeError, AttributeRef, AttributeValue, Event, EventBuilder};

/// The type of an extension attribute, with the attribute's name.
///
/// A handler can take a type that implements this trait, or an [`Option`] of it, as a parameter.
///
/// ```
/// use eventkit::Event;
/// use eventkit::event::{Attribute, AttributeError, AttributeRef, AttributeValue};
/// use eventkit::extension::Extension;
///
/// #[derive(Debug, PartialEq)]
/// struct Priority(i32);
///
/// impl Attribute for Priority {
///     fn to_attribute(&self) -> Option<AttributeValue> {
///         Some(self.0.into())
///     }
///
///     fn from_attribute(value: Option<AttributeRef<'_>>) -> Result<Self, AttributeError> {
///         i32::from_attribute(value).map(Self)
///     }
/// }
///
/// impl Extension for Priority {
///     const NAME: &'static str = "priority";
/// }
///
/// let event = Event::builder().source("/s").ty("t").typed_extension(&Priority(7)).build()?;
/// assert_eq!(event.typed_extension()?, Some(Priority(7)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of an extension attribute",
    label = "not a typed extension",
    note = "use a type of `eventkit::extension`, or implement `eventkit::extension::Extension`"
)]
pub trait Extension: Attribute {
    /// The name of the attribute.
    const NAME: &'static str;
}

/// Implements [`Extension`] for types with `Display` and `FromStr`.
macro_rules! text_extensions {
    ($($type:ty, $name:literal, $expected:expr;)*) => {$(
        impl Extension for $type {
            const NAME: &'static str = $name;
        }

        impl Attribute for $type {
            fn to_attribute(&self) -> Option<AttributeValue> {
                Some(self.to_string().into())
            }

            fn from_attribute(value: Option<AttributeRef<'_>>) -> Result<Self, AttributeError> {
                let value = value.ok_or_else(|| AttributeError::absent($expected))?;
                value.into_text().parse()
            }
        }

        crate::event::as_text!($type);
    )*};
}

text_extensions! {
    AuthType, "authtype", "a type of principal such as `user` or `service_account`";
    TraceParent, "traceparent", trace_parent::EXPECTED;
    TraceState, "tracestate", trace_state::EXPECTED;
}

impl EventBuilder {
    /// Sets the extension attribute of a type, such as
    /// [`TraceParent`](crate::extension::TraceParent).
    ///
    /// ```
    /// use eventkit::Event;
    /// use eventkit::extension::PartitionKey;
    ///
    /// let key = PartitionKey::new("customer-7")?;
    /// let event = Event::builder().source("/s").ty("t").typed_extension(&key).build()?;
    /// assert_eq!(event.extension("partitionkey").unwrap(), &"customer-7");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn typed_extension<E: Extension>(mut self, extension: &E) -> Self {
        if let Some(value) = extension.to_attribute() {
            // Owned, so that the name of a user's type is checked too.
            self.parts
                .set_extension(Cow::Owned(E::NAME.to_owned()), value);
        }
        self
    }
}

impl Event {
    /// Reads the extension attribute of a type, or returns `None` if the event does not have it.
    ///
    /// # Errors
    ///
    /// Returns an error if the value violates the rules of the extension.
    pub fn typed_extension<E: Extension>(&self) -> Result<Option<E>, AttributeError> {
        self.extension_as(E::NAME)
    }
}
