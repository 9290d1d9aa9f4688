//! Distributed slices: the handlers and event types of all crates of a program.
//!
//! The slices are declared only here. The crates of users add to them, so they need no `unsafe` of
//! their own.

use super::entry::HandlerEntry;
use super::handler::TypedEvent;
use crate::typed::EventDescriptor;

#[cfg(feature = "discovery")]
#[allow(
    unsafe_code,
    reason = "linkme places the slices in sections of their own"
)]
mod slices {
    use super::{HandlerEntry, TypedEvent};

    // The macro adds the version of this crate to the names, because linkme derives section names
    // from them, and two versions of this crate in one program must not share a slice.
    /// All handlers of the program.
    #[eventkit_macros::__versioned_slice]
    pub static HANDLERS: [&'static HandlerEntry];

    /// All derived structs of the program.
    #[eventkit_macros::__versioned_slice]
    pub static EVENT_TYPES: [TypedEvent];
}

#[cfg(not(feature = "discovery"))]
mod slices {
    use super::{HandlerEntry, TypedEvent};

    /// No handlers: without the feature `discovery`, programs add them explicitly.
    pub static HANDLERS: [&HandlerEntry; 0] = [];
    /// No event types.
    pub static EVENT_TYPES: [TypedEvent; 0] = [];
}

pub use slices::{EVENT_TYPES, HANDLERS};

pub(super) fn handlers() -> &'static [&'static HandlerEntry] {
    &HANDLERS
}

pub(super) fn event_types() -> &'static [TypedEvent] {
    &EVENT_TYPES
}

/// Returns the descriptors of all derived structs of the program, in no particular order.
///
/// Structs with type parameters are not included, nor is any struct without the feature `discovery`.
///
/// ```
/// use eventkit::CloudEvent;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
/// struct OrderPlaced;
///
/// let types: Vec<_> = eventkit::event_descriptors().map(|event| event.ty).collect();
/// assert!(types.contains(&"co.outcome.order.placed"));
/// ```
pub fn event_descriptors() -> impl Iterator<Item = &'static EventDescriptor> {
    event_types().iter().flat_map(|event| event.descriptors)
}

/// Adds an item to a slice.
#[cfg(feature = "discovery")]
#[doc(hidden)]
#[macro_export]
macro_rules! __discover {
    ($slice:ident: $type:ty = $item:expr) => {
        const _: () = {
            #[$crate::__private::linkme::distributed_slice($crate::__private::$slice)]
            #[linkme(crate = $crate::__private::linkme)]
            static DISCOVERED: $type = $item;
        };
    };
}

#[cfg(not(feature = "discovery"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __discover {
    ($slice:ident: $type:ty = $item:expr) => {};
}
