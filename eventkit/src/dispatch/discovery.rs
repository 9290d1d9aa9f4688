//! Items that the linker collects: the handlers and event types of every crate of the program.
//!
//! The slices are declared here, once, and crates of users only add to them, so that these need no
//! `unsafe` of their own.

use super::entry::HandlerEntry;
use super::handler::TypedEvent;

#[cfg(feature = "discovery")]
#[allow(
    unsafe_code,
    reason = "linkme places the slices in sections of their own"
)]
mod slices {
    use super::{HandlerEntry, TypedEvent};

    // The macro adds the version to the names, from which linkme makes the names of sections: two
    // versions of this library in one program must not share a slice.
    /// The handlers of the program.
    #[eventkit_macros::__versioned_slice]
    pub static HANDLERS: [&'static HandlerEntry];

    /// The derived structs of the program.
    #[eventkit_macros::__versioned_slice]
    pub static EVENT_TYPES: [TypedEvent];
}

#[cfg(not(feature = "discovery"))]
mod slices {
    use super::{HandlerEntry, TypedEvent};

    /// No handlers: without the feature they are added by hand.
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
