//! What the linker collects: the handlers and event types of every crate of the program.
//!
//! The slices stand here, once, and crates of users only add to them, so that these need no
//! `unsafe` of their own. The names carry the version: two versions of this library in one program
//! must not share a slice.

use std::any::{TypeId, type_name};

use super::handler::Handler;
use crate::typed::CloudEvent;

/// Is a derived struct, for [`Registry::check`](super::Registry::check).
#[derive(Debug)]
pub struct EventTypeEntry {
    pub(crate) ty: &'static str,
    pub(crate) id: fn() -> TypeId,
    pub(crate) name: fn() -> &'static str,
}

impl EventTypeEntry {
    /// Makes the entry of a struct.
    #[must_use]
    pub const fn of<T: CloudEvent>() -> Self {
        Self {
            ty: T::TYPES[0],
            id: TypeId::of::<T>,
            name: type_name::<T>,
        }
    }
}

#[cfg(feature = "discovery")]
#[allow(
    unsafe_code,
    reason = "linkme places the slices in sections of their own"
)]
mod slices {
    use super::{EventTypeEntry, Handler};

    /// The handlers of the program.
    #[linkme::distributed_slice]
    pub static EVENTKIT_0_1_0_HANDLERS: [&'static Handler];

    /// The derived structs of the program.
    #[linkme::distributed_slice]
    pub static EVENTKIT_0_1_0_EVENT_TYPES: [EventTypeEntry];
}

#[cfg(feature = "discovery")]
pub use slices::{EVENTKIT_0_1_0_EVENT_TYPES, EVENTKIT_0_1_0_HANDLERS};

#[cfg(feature = "discovery")]
pub(crate) fn handlers() -> &'static [&'static Handler] {
    &EVENTKIT_0_1_0_HANDLERS
}

#[cfg(feature = "discovery")]
pub(crate) fn event_types() -> &'static [EventTypeEntry] {
    &EVENTKIT_0_1_0_EVENT_TYPES
}

#[cfg(not(feature = "discovery"))]
pub(crate) fn handlers() -> &'static [&'static Handler] {
    &[]
}

#[cfg(not(feature = "discovery"))]
pub(crate) fn event_types() -> &'static [EventTypeEntry] {
    &[]
}

/// Adds the static of a handler to the slice.
#[cfg(feature = "discovery")]
#[doc(hidden)]
#[macro_export]
macro_rules! __discover_handler {
    ($handler:path) => {
        const _: () = {
            #[$crate::__private::linkme::distributed_slice(
                $crate::__private::EVENTKIT_0_1_0_HANDLERS
            )]
            #[linkme(crate = $crate::__private::linkme)]
            static DISCOVERED: &'static $crate::__private::Handler = &$handler;
        };
    };
}

/// Adds a derived struct to the slice.
#[cfg(feature = "discovery")]
#[doc(hidden)]
#[macro_export]
macro_rules! __discover_event_type {
    ($type:ty) => {
        const _: () = {
            #[$crate::__private::linkme::distributed_slice(
                $crate::__private::EVENTKIT_0_1_0_EVENT_TYPES
            )]
            #[linkme(crate = $crate::__private::linkme)]
            static DISCOVERED: $crate::__private::EventTypeEntry =
                $crate::__private::EventTypeEntry::of::<$type>();
        };
    };
}

#[cfg(not(feature = "discovery"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __discover_handler {
    ($handler:path) => {};
}

#[cfg(not(feature = "discovery"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __discover_event_type {
    ($type:ty) => {};
}
