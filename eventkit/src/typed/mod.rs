//! Derived event types: their metadata, and conversions between values and [`Event`]s.

mod attributes;
mod clone;
mod const_check;
mod const_string;
mod descriptor;
mod field;
mod metadata;
mod other;
mod reader;
mod set;
mod share;
mod variant;
mod writer;

use std::any::Any;
use std::borrow::Cow;

use serde::de::DeserializeOwned;

pub use attributes::TypedAttributes;
pub(crate) use clone::IsClone;
pub use clone::{CloneProbe, Cloning, NotClone};
pub use const_check::event_type;
pub(crate) use const_check::{contains, is_attribute_text};
pub(crate) use const_string::ConstString;
pub use descriptor::{
    EventDescriptor, EventMembers, FieldDescriptor, Member, Variant, all_or_none,
    single_descriptors,
};
pub use field::{AttributeField, ComputedValue, attribute_field, set_computed, time_field};
pub use metadata::{Metadata, position, position_or_other};
pub use other::OtherEvent;
pub use reader::{AttributeSource, EventReader, read_data};
pub use set::{EventSet, Includes};
pub(crate) use share::{MakeShared, SharedValue, shared_value};
pub use share::{SharedError, SharedEvent, VariantType, shared_position, shared_position_or_other};
pub use variant::{check_variant, first_without_source, single_extensions, single_types};
pub use writer::{BuilderWriter, EventWriter, ValueAttributes};

use crate::error::{DecodeError, EncodeError};
use crate::event::{Data, Event, EventBuilder};

/// An event type, implemented with `#[derive(CloudEvent)]`.
///
/// A struct has one event type. An enum is a closed set of event types, one per variant. The derive
/// macro also adds the constants `TYPE`, `SOURCE`, `DATA_CONTENT_TYPE` and `DATA_SCHEMA` to a
/// struct, and implements [`TryFrom`] between the type and [`Event`], by value and by reference.
///
/// ```
/// use eventkit::{CloudEvent, Event};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
/// struct OrderPlaced {
///     order_id: String,
///     total_cents: u64,
/// }
///
/// let order = OrderPlaced { order_id: "A-1".into(), total_cents: 1250 };
/// let event = order.event_builder()?.subject("customer-7").build()?;
/// assert_eq!(event.ty(), OrderPlaced::TYPE);
/// assert_eq!(OrderPlaced::try_from(&event)?, order);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// An attribute that differs from event to event is set by a field, or computed by a function:
///
/// ```
/// # use eventkit::CloudEvent;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.shipped", source = Self::shop_path)]
/// struct OrderShipped {
///     #[cloudevent(subject)]
///     order_id: String,
///     shop: u32,
/// }
///
/// impl OrderShipped {
///     fn shop_path(&self) -> String {
///         format!("/shops/{}", self.shop)
///     }
/// }
///
/// let event = OrderShipped { order_id: "A-1".into(), shop: 7 }.to_event()?;
/// assert_eq!((event.source(), event.subject()), ("/shops/7", Some("A-1")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Two versions of an event are two types. An enum accepts both, and can convert the older one:
///
/// ```
/// # use eventkit::{CloudEvent, Registry, handles};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.address.changed.v1", source = "/users")]
/// struct AddressChangedV1 { address: String }
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.address.changed.v2", source = "/users")]
/// struct AddressChanged { street: String, city: String }
///
/// #[derive(CloudEvent)]
/// enum AnyAddressChanged {
///     V1(AddressChangedV1),
///     V2(AddressChanged),
/// }
///
/// impl From<AnyAddressChanged> for AddressChanged {
///     fn from(event: AnyAddressChanged) -> Self {
///         match event {
///             AnyAddressChanged::V1(AddressChangedV1 { address }) => {
///                 let (street, city) = address.split_once(", ").unwrap_or((&address, ""));
///                 AddressChanged { street: street.into(), city: city.into() }
///             }
///             AnyAddressChanged::V2(event) => event,
///         }
///     }
/// }
///
/// static USERS: Registry = Registry::new("users");
///
/// #[handles(registry = USERS)]
/// fn print_label(event: AnyAddressChanged) {
///     let address = AddressChanged::from(event);
///     println!("{}\n{}", address.street, address.city);
/// }
///
/// let old = AddressChangedV1 { address: "1 Main St, Springfield".into() };
/// assert_eq!(USERS.dispatch(&old.to_event()?)?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// An enum accepts events of several types, and with a variant for them also the events of all
/// other types:
///
/// ```
/// # use eventkit::CloudEvent;
/// # use serde::{Deserialize, Serialize};
/// use eventkit::Event;
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.paid", source = "/shop/orders")]
/// struct OrderPaid { order_id: String }
///
/// #[derive(CloudEvent)]
/// enum OrderEvent {
///     Paid(OrderPaid),
///     #[cloudevent(other)]
///     Other(Event),
/// }
///
/// let event = Event::builder().source("/shop").ty("co.outcome.order.lost").build()?;
/// match OrderEvent::try_from(event)? {
///     OrderEvent::Paid(paid) => println!("{} is paid", paid.order_id),
///     OrderEvent::Other(event) => println!("not known yet: {}", event.ty()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event type",
    label = "not an event type",
    note = "add `#[derive(CloudEvent)]` and `#[cloudevent(type = \"..\")]` to `{Self}`",
    note = "a type with type parameters must also implement `Serialize` and `DeserializeOwned`"
)]
pub trait CloudEvent: Sized + Send + Sync + 'static {
    /// The event types of this Rust type: one for a struct, one per variant for an enum.
    const TYPES: &'static [&'static str];

    /// The descriptions of the [`TYPES`](CloudEvent::TYPES), or empty if this trait was not derived.
    const DESCRIPTORS: &'static [EventDescriptor] = &[];

    /// Whether this type is an enum of event types.
    #[doc(hidden)]
    const CLOSED_SET: bool = false;

    /// Whether a variant contains the events of all other types.
    #[doc(hidden)]
    const HAS_OTHER: bool = false;

    /// The extensions that the events of each of the [`TYPES`](CloudEvent::TYPES) declare, or empty
    /// if they are unknown.
    #[doc(hidden)]
    const EXTENSIONS: &'static [&'static [&'static str]] = &[];

    /// The first of the [`TYPES`](CloudEvent::TYPES) whose events do not declare a source.
    #[doc(hidden)]
    const WITHOUT_SOURCE: Option<&'static str> = None;

    /// How values are cloned for handlers that take them by value.
    #[doc(hidden)]
    const CLONING: Cloning<Self> = Cloning::Unknown;

    /// The types that the variants of an enum contain.
    #[doc(hidden)]
    const VARIANTS: &'static [VariantType] = &[];

    /// Returns the event type of this value: one of [`TYPES`](CloudEvent::TYPES), or the type of
    /// the event in a variant for other events.
    fn event_type(&self) -> &str {
        Self::TYPES.first().copied().unwrap_or_default()
    }

    /// Returns the value that a handler of the event type takes: the content of the variant for an
    /// enum.
    #[doc(hidden)]
    fn payload(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    /// Returns a builder with everything that this value sets: metadata, attributes and data.
    ///
    /// # Errors
    ///
    /// Returns an error if the data cannot be encoded.
    fn event_builder(&self) -> Result<EventBuilder, EncodeError>;

    /// Returns a builder with the attributes that this value sets, but without data.
    ///
    /// # Errors
    ///
    /// Returns an error if a field has an invalid attribute value.
    #[doc(hidden)]
    fn attribute_builder(&self) -> Result<EventBuilder, EncodeError> {
        self.event_builder()
    }

    /// Returns the attributes of this value without encoding its data.
    ///
    /// An id or a time that no field sets is not included, because it is generated together with
    /// the event.
    ///
    /// # Errors
    ///
    /// Returns an error if a field has an invalid attribute value.
    fn attributes(&self) -> Result<TypedAttributes, EncodeError> {
        self.attribute_builder().map(TypedAttributes::new)
    }

    /// Encodes this value as an event. Unless fields set them, the id is random and the time is the
    /// current one.
    ///
    /// # Errors
    ///
    /// Returns an error if the data cannot be encoded, if a field has an invalid attribute value,
    /// or if neither the type nor a field sets the source.
    fn to_event(&self) -> Result<Event, EncodeError> {
        built(self.event_builder())
    }

    /// Encodes this value as a message, with the event that [`to_event`](CloudEvent::to_event)
    /// returns.
    ///
    /// # Errors
    ///
    /// Returns an error if [`to_event`](CloudEvent::to_event) does, or if the
    /// message cannot represent the event.
    #[doc(hidden)]
    fn write_to<W: EventWriter>(&self, writer: W) -> Result<W::Output, EncodeError> {
        writer.write_event(&self.to_event()?)
    }

    /// Decodes a value from an event, like [`TryFrom`] but in generic code.
    ///
    /// # Errors
    ///
    /// Returns an error if the event has another type, or if its attributes or data do not fit this
    /// type.
    fn from_event(mut event: &Event) -> Result<Self, DecodeError> {
        Self::from_reader(&mut event)
    }

    /// Decodes a value from an [`Event`] or directly from a message.
    ///
    /// # Errors
    ///
    /// Returns an error if the event has another type, or if its attributes or data do not fit this
    /// type.
    fn from_reader(reader: &mut dyn EventReader) -> Result<Self, DecodeError>;

    /// Returns a new value of an event that others share. The value of an enum is created from the
    /// shared value of its variant.
    #[doc(hidden)]
    fn from_shared(event: &dyn SharedEvent) -> Result<Self, SharedError> {
        // A `match`, because this is compiled for each type and each `?` would add two functions.
        match event.decodable() {
            Ok(mut event) => match Self::from_reader(&mut event) {
                Ok(value) => Ok(value),
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the value for the variant of an enum: a clone of the shared value if the type is
    /// [`Clone`].
    #[doc(hidden)]
    fn from_shared_for_variant(
        event: &dyn SharedEvent,
        cloning: Cloning<Self>,
    ) -> Result<Self, SharedError> {
        match cloning {
            Cloning::By(clone) if event.is_shared() => shared_value(event).map(clone),
            _ => Self::from_shared(event),
        }
    }
}

impl Event {
    /// Decodes the data as a deserializable type, by the content type of the event.
    ///
    /// The event type is not checked. For derived types, `T::try_from(&event)` checks it.
    ///
    /// # Errors
    ///
    /// Returns an error if the event has no data, no codec is registered for its content type, or
    /// the data cannot be decoded as a `T`.
    pub fn data_as<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        let bytes = self.data().map(Data::as_bytes);
        crate::codec::decode(bytes, self.data_content_type())
    }
}

/// A value that can be encoded as an event: an [`Event`], or a type that derives [`CloudEvent`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be encoded as an event",
    label = "neither an `Event` nor an event type",
    note = "add `#[derive(CloudEvent)]` and `#[cloudevent(type = \"..\")]` to `{Self}`"
)]
pub trait ToEvent: Send + Sync {
    /// Returns the event, borrowed if the value already is an [`Event`].
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded.
    fn to_event_cow(&self) -> Result<Cow<'_, Event>, EncodeError>;
}

impl ToEvent for Event {
    fn to_event_cow(&self) -> Result<Cow<'_, Event>, EncodeError> {
        Ok(Cow::Borrowed(self))
    }
}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> ToEvent for T {
    fn to_event_cow(&self) -> Result<Cow<'_, Event>, EncodeError> {
        self.to_event().map(Cow::Owned)
    }
}

// The bodies of the conversions that the derive macro adds. Calling the trait there would report
// again why a type does not implement it.

/// Decodes a value from an event.
///
/// # Errors
///
/// Returns an error if [`CloudEvent::from_event`] does.
pub fn from_event<T: CloudEvent>(event: &Event) -> Result<T, DecodeError> {
    T::from_event(event)
}

/// Encodes a value as an event.
///
/// # Errors
///
/// Returns an error if [`CloudEvent::to_event`] does.
pub fn into_event<T: CloudEvent>(value: &T) -> Result<Event, EncodeError> {
    value.to_event()
}

/// Builds the event. A separate function, so that it is compiled only once.
fn built(builder: Result<EventBuilder, EncodeError>) -> Result<Event, EncodeError> {
    Ok(builder?.build()?)
}
