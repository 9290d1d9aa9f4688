#![doc = include_str!("../docs/front-page.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "http"),
    allow(
        dead_code,
        reason = "functions that only the HTTP binding calls are next to related ones"
    )
)]

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
pub mod binding;
pub mod codec;
mod dispatch;
mod error;
pub mod event;
pub mod extension;
pub mod extract;
pub mod filter;
pub mod format;
pub mod guides;
pub mod pattern;
#[cfg(feature = "reqwest")]
pub mod reqwest;
pub mod transport;
mod typed;
#[cfg(any(feature = "actix", feature = "axum"))]
mod web;

/// Units of work, for authors of stores: a handler runs in a transaction, which also records that
/// the event was handled and stores the outgoing events.
pub mod unit_of_work {
    pub use crate::dispatch::{Begun, CommitError, UnitOfWork, UnitOfWorkStore};
}

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use dispatch::{
    AsyncHandlerClosure, CascadeError, Cascaded, CheckError, Context, ContextBuilder, Decision,
    Dispatch, DispatchError, Dispatcher, DispatcherBuilder, DispatcherError, Emission,
    EmissionCycle, Extract, ExtractAsync, Failure, Handler, HandlerClosure, HandlerEntry,
    HandlerError, HandlerOutcome, HandlerRef, IntoOutcome, Location, OnExhausted, OrderKey,
    Outgoing, OutgoingError, Policy, PolicySettings, Registration, Registry, RegistryIssue,
    RegistryReport, Report, Requirements, State, UnmatchedPattern, default_registry, dispatch,
    dispatch_async, event_descriptors,
};
pub use error::{BoxError, DecodeError, DecodeErrorKind, EncodeError};
pub use event::{Event, EventBuilder, LenientEvent, Limits};
#[cfg(feature = "macros")]
pub use eventkit_macros::{CloudEvent, HandlerError, handlers, handles};
pub use typed::{
    AttributeSource, CloudEvent, EventDescriptor, EventMembers, EventReader, EventSet,
    FieldDescriptor, Includes, Member, ToEvent, TypedAttributes, Variant,
};

// Compiles the example of the README together with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
