//! Registries, handlers and dispatch.

mod bound;
mod cascade;
mod check;
mod closure;
mod collection;
mod const_check;
mod context_builder;
mod decision;
mod decisions;
mod decoded;
mod derived_id;
mod discovery;
mod dispatcher;
mod emissions;
mod entry;
mod error;
mod extract;
mod failure;
mod handler;
mod invocation;
mod outgoing;
mod policy;
#[cfg(feature = "http")]
mod problem;
mod registration;
mod registry;
mod report;
mod returned;
mod routing;
mod run;
mod state;
mod unit_of_work;
mod unit_run;

use std::future::Future;

pub use check::{CheckError, RegistryIssue, RegistryReport, UnmatchedPattern};
pub use closure::{AsyncHandlerClosure, HandlerClosure};
pub use collection::OutgoingError;
pub use context_builder::ContextBuilder;
pub use decision::{Decision, HandlerError};
pub use discovery::event_descriptors;
pub use dispatcher::{Dispatcher, DispatcherBuilder};
pub use emissions::{Emission, EmissionCycle};
pub use entry::{HandlerEntry, HandlerRef};
pub use error::{CascadeError, DispatchError, DispatcherError};
pub use extract::{Extract, ExtractAsync, Id, Source, State, Subject, Time, Type};
pub use failure::Failure;
pub use handler::{Handler, Location};
pub use invocation::Context;
pub use outgoing::Outgoing;
pub use policy::{OnExhausted, OrderKey, Policy, PolicySettings};
pub use registration::Registration;
pub use registry::{Registry, default_registry};
pub use report::{Cascaded, HandlerOutcome, Report};
pub use returned::IntoOutcome;
pub use run::Dispatch;
pub use state::Requirements;
pub use unit_of_work::{Begun, CommitError, UnitOfWork, UnitOfWorkStore};

/// Items for the code that `#[handles]` generates.
pub(crate) mod generated {
    pub use super::const_check::{
        BorrowEvent, EventMeta, OwnEvent, borrowed_event, check_pattern, owned_event, require_send,
    };
    pub use super::decisions::{DECISIONS, DecisionOf, decision_of};
    pub use super::discovery::{EVENT_TYPES, HANDLERS};
    pub use super::entry::{Call, Outcome, OutcomeFuture};
    pub use super::handler::{HandlerMetadata, LiteralFilter, TypedEvent};
    pub use super::invocation::{HandlerEvent, Invocation};
    pub use super::returned::{
        AutorefDecision, AutorefOutcome, AutorefPointer, AutorefResult, Emissions, InnerError,
        NoEmissions, Returned, ReturnedTypes,
    };
}

/// Items for eventkit-service, which runs single handlers.
pub(crate) mod service {
    pub use super::bound::BoundHandler;
    pub use super::collection::{CloseOnDrop, LazyOutgoing};
    pub use super::entry::catch_panic;
    pub use super::policy::{OrderKey, PolicySettings};
}

/// Dispatches an event to the handlers of the [default registry](default_registry).
///
/// # Errors
///
/// Returns an error if [`Registry::dispatch`] does.
pub fn dispatch<E: Dispatch>(event: &E) -> Result<Report, DispatchError> {
    default_registry().dispatch(event)
}

/// Dispatches an event to the sync and async handlers of the [default registry](default_registry).
///
/// # Errors
///
/// Returns an error if [`Registry::dispatch_async`] does.
pub fn dispatch_async<E: Dispatch>(
    event: &E,
) -> impl Future<Output = Result<Report, DispatchError>> + Send {
    default_registry().dispatch_async(event)
}
