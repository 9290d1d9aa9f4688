//! Errors of a dispatch and of its set-up.

use thiserror::Error;

use super::report::Report;
use crate::error::{EncodeError, joined};

/// The reason why a dispatch did not succeed.
///
/// [`Failed`](DispatchError::Failed) means that all handlers ran. With every other variant none has
/// run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// One or more handlers failed; the report has the outcome of each.
    #[error("{} of {} handlers failed: {}", .0.failures().count(), .0.len(), failures(.0))]
    Failed(Report),
    /// An async handler is registered for the type, but the dispatch was not async.
    #[error("`{handler}` is async and handles {ty:?}: use `dispatch_async`")]
    AsyncHandler {
        /// The handler, with its location.
        handler: String,
        /// The event type.
        ty: String,
    },
    /// A handler requires state that is missing.
    #[error(
        "`{handler}` requires `State<{state}>`: dispatch through a `Dispatcher` with that state"
    )]
    MissingState {
        /// The handler, with its location.
        handler: String,
        /// The name of the Rust type.
        state: &'static str,
    },
    /// A handler takes a value of its own, but the dispatched one cannot be cloned.
    #[error(
        "`{handler}` takes a value of its own, and the event {ty:?} cannot be cloned: take a reference, derive `Clone`, or dispatch the envelope"
    )]
    NotClone {
        /// The handler, with its location.
        handler: String,
        /// The event type.
        ty: String,
    },
    /// A handler takes the envelope, but the value could not become an event.
    #[error("failed to encode the event for handlers that take the envelope")]
    Encode(#[from] EncodeError),
}

impl DispatchError {
    /// Returns the outcome of each handler, if handlers ran.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Failed(report) => Some(report),
            _ => None,
        }
    }
}

fn failures(report: &Report) -> String {
    let failures = report.failures();
    joined(failures.map(|(handler, failure)| format!("{handler}: {failure:#}")))
}

/// The reason why a [`Dispatcher`](super::Dispatcher) could not be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DispatcherError {
    /// Handlers require state that is missing.
    #[error("state is missing: {}", .0.join("; "))]
    MissingState(Vec<String>),
}
