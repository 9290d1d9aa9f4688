//! Registries, handlers and dispatch.

mod call;
mod check;
mod compile_time;
mod context;
mod decision;
mod delivery;
mod discovery;
mod dispatcher;
mod error;
mod extract;
mod failure;
mod gate;
mod handler;
mod handler_list;
mod plain;
mod policy;
#[cfg(feature = "http")]
mod problem;
mod registration;
mod registry;
mod report;
mod route;
mod run;
mod single;
mod slot;
mod state;
mod table;
mod tables;

use std::future::Future;

pub use call::finished;
pub use check::{Check, Orphan};
pub use context::Context;
pub use decision::{Decision, HandlerError};
pub use dispatcher::{Dispatcher, DispatcherBuilder};
pub use error::{CheckError, DispatchError, DispatcherError, Problem};
pub use extract::{Extract, Id, Source, State, Subject, Time, Type};
pub use failure::{Decided, Failure, IntoOutcome};
pub use handler::{Handler, Location};
pub use policy::OrderKey;
pub use policy::{Exhausted, Policy};
pub use registration::Registration;
pub use registry::{Registry, default_registry};
pub use report::{Handled, Report};
pub use run::Dispatch;
pub use single::Single;
pub use slot::Spare;
pub use state::Requirements;

/// What the code that `#[handles]` generates calls.
pub(crate) mod generated {
    pub use super::call::{Call, Outcome, OutcomeFuture};
    pub use super::compile_time::{
        Borrow, EventOf, Own, drop_what_is_not_send_before_each_await, event_of, owned_event_of,
    };
    pub use super::decision::{Returned, Undecided};
    pub use super::delivery::{Delivery, HandlerEvent};
    pub use super::discovery::EventTypeEntry;
    #[cfg(feature = "discovery")]
    pub use super::discovery::{EVENTKIT_0_1_0_EVENT_TYPES, EVENTKIT_0_1_0_HANDLERS};
    pub use super::gate::LiteralFilter;
}

/// Runs the handlers of the [default registry](default_registry) for an event.
///
/// # Errors
///
/// As for [`Registry::dispatch`].
pub fn dispatch<E: Dispatch>(event: &E) -> Result<Report, DispatchError> {
    default_registry().dispatch(event)
}

/// Runs the handlers of the [default registry](default_registry) for an event, async ones too.
///
/// # Errors
///
/// As for [`Registry::dispatch_async`].
pub fn dispatch_async<E: Dispatch>(
    event: &E,
) -> impl Future<Output = Result<Report, DispatchError>> + Send {
    default_registry().dispatch_async(event)
}
