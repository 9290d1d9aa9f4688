//! Descriptions of event types, for catalogs and other tools.

use std::fmt;
use std::marker::PhantomData;

use super::metadata::Metadata;
use crate::event::AttributeRef;

/// The attributes of the events of a type, as `#[derive(CloudEvent)]` declares them.
///
/// [`CloudEvent::DESCRIPTORS`](super::CloudEvent::DESCRIPTORS) has one for each event type of a Rust type.
///
/// ```
/// use eventkit::CloudEvent;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
/// struct OrderPlaced {
///     #[cloudevent(subject)]
///     order_id: String,
///     total_cents: u64,
/// }
///
/// let [placed] = OrderPlaced::DESCRIPTORS else { panic!("a struct has one event type") };
/// assert_eq!(placed.ty, "co.outcome.order.placed");
/// assert_eq!(placed.source, Some("/shop/orders"));
/// assert_eq!(placed.fields[0].attribute, "subject");
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct EventDescriptor {
    /// The event type.
    pub ty: &'static str,
    /// The source, if it is fixed.
    pub source: Option<&'static str>,
    /// The subject, if it is fixed.
    pub subject: Option<&'static str>,
    /// The media type of the data.
    pub data_content_type: &'static str,
    /// The URI of the schema of the data.
    pub data_schema: Option<&'static str>,
    /// The extension attributes with a fixed value.
    pub extensions: &'static [(&'static str, AttributeRef<'static>)],
    /// The attributes that fields set.
    pub fields: &'static [FieldDescriptor],
    /// The attributes that functions compute.
    pub computed: &'static [&'static str],
    rust_type: fn() -> &'static str,
}

/// A field that sets an attribute.
///
/// ```
/// # use eventkit::CloudEvent;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
/// #[serde(rename_all = "camelCase")]
/// struct OrderPlaced {
///     #[cloudevent(extension = "region", keep)]
///     ship_to: String,
/// }
///
/// let field = &OrderPlaced::DESCRIPTORS[0].fields[0];
/// assert_eq!((field.attribute, field.property), ("region", "shipTo"));
/// assert!(field.in_data);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldDescriptor {
    /// The name of the attribute.
    pub attribute: &'static str,
    /// The name that serde gives to the field.
    pub property: &'static str,
    /// Whether the field is also part of the data.
    pub in_data: bool,
}

impl FieldDescriptor {
    /// Creates a descriptor.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(attribute: &'static str, property: &'static str, in_data: bool) -> Self {
        Self {
            attribute,
            property,
            in_data,
        }
    }
}

impl EventDescriptor {
    /// Creates the descriptor of a struct.
    #[doc(hidden)]
    #[must_use]
    pub const fn new<T>(
        metadata: &Metadata,
        fields: &'static [FieldDescriptor],
        computed: &'static [&'static str],
    ) -> Self {
        Self {
            ty: metadata.ty,
            source: metadata.source,
            subject: metadata.subject,
            data_content_type: metadata.data_content_type,
            data_schema: metadata.data_schema,
            extensions: metadata.extensions,
            fields,
            computed,
            rust_type: std::any::type_name::<T>,
        }
    }

    /// Returns the path of the Rust type, such as `shop::OrderPlaced`.
    #[must_use]
    pub fn rust_type(&self) -> &'static str {
        (self.rust_type)()
    }

    /// The descriptor of a variant whose type did not derive the trait.
    const NONE: Self = Self {
        ty: "",
        source: None,
        subject: None,
        data_content_type: "",
        data_schema: None,
        extensions: &[],
        fields: &[],
        computed: &[],
        rust_type: || "",
    };
}

impl fmt::Debug for EventDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventDescriptor")
            .field("ty", &self.ty)
            .field("rust_type", &self.rust_type())
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// Returns the descriptor of each variant.
#[must_use]
pub const fn single_descriptors<const N: usize>(
    variants: &[&'static [EventDescriptor]],
) -> [EventDescriptor; N] {
    let mut descriptors = [EventDescriptor::NONE; N];
    let mut at = 0;
    while at < N {
        if let [own] = variants[at] {
            descriptors[at] = *own;
        }
        at += 1;
    }
    descriptors
}

/// Returns the descriptors, or nothing if one is missing.
#[must_use]
pub const fn all_or_none(descriptors: &'static [EventDescriptor]) -> &'static [EventDescriptor] {
    let mut at = 0;
    while at < descriptors.len() {
        if descriptors[at].ty.is_empty() {
            return &[];
        }
        at += 1;
    }
    descriptors
}

/// The structs of a set of event types, for libraries that require a further trait of each of them.
///
/// `#[derive(CloudEvent)]` implements this trait. The members of a struct are [`Member<Self>`](Member).
/// Those of an enum are nested pairs that end with `()`: the [`Variant`] of the first type, and all others.
/// A variant for the events of all other types is not included.
///
/// ```
/// use eventkit::{CloudEvent, EventMembers, Member, Variant};
/// use serde::{Deserialize, Serialize};
///
/// trait Names {
///     fn add_to(names: &mut Vec<&'static str>);
/// }
///
/// impl<T: CloudEvent> Names for Member<T> {
///     fn add_to(names: &mut Vec<&'static str>) {
///         names.extend(T::TYPES);
///     }
/// }
///
/// impl<T: EventMembers<Members: Names>> Names for Variant<T> {
///     fn add_to(names: &mut Vec<&'static str>) {
///         T::Members::add_to(names);
///     }
/// }
///
/// impl<A: Names, B: Names> Names for (A, B) {
///     fn add_to(names: &mut Vec<&'static str>) {
///         A::add_to(names);
///         B::add_to(names);
///     }
/// }
///
/// impl Names for () {
///     fn add_to(_: &mut Vec<&'static str>) {}
/// }
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
/// struct OrderPlaced;
///
/// #[derive(CloudEvent)]
/// enum OrderEvent {
///     Placed(OrderPlaced),
/// }
///
/// let mut names = Vec::new();
/// <OrderEvent as EventMembers>::Members::add_to(&mut names);
/// assert_eq!(names, ["co.outcome.order.placed"]);
/// ```
// Neither a supertrait nor a bound on the types of variants: `CloudEvent` reports what is no event type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event type",
    label = "neither an event type nor an enum of event types",
    note = "add `#[derive(CloudEvent)]` to `{Self}`"
)]
pub trait EventMembers {
    /// The members.
    type Members;
}

/// A struct in the [members](EventMembers) of a set of event types.
pub struct Member<T>(PhantomData<fn() -> T>);

/// The type of a variant, whose [members](EventMembers) are members of the enum.
pub struct Variant<T>(PhantomData<fn() -> T>);

impl<T> fmt::Debug for Member<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Member")
            .field(&std::any::type_name::<T>())
            .finish()
    }
}

impl<T> fmt::Debug for Variant<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Variant")
            .field(&std::any::type_name::<T>())
            .finish()
    }
}
