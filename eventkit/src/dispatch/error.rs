//! Errors of a dispatch and of its set-up.

use thiserror::Error;

use super::report::Report;
use crate::error::{EncodeError, joined};

/// The reason why a dispatch did not succeed.
///
/// [`Failed`](DispatchError::Failed) means that all handlers ran, and [`Cascade`](DispatchError::Cascade)
/// that all handlers of the dispatched event did. With every other variant none has run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// One or more handlers failed; the report has the outcome of each.
    #[error("{} of {} handlers failed: {}", failed(.0), handlers(.0), failures(.0))]
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
    /// Two handlers take the events of a type as two Rust types.
    #[error("{}", two_types(ty, first, second))]
    TwoTypes {
        /// The event type.
        ty: String,
        /// The name of one Rust type.
        first: &'static str,
        /// The name of the other.
        second: &'static str,
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
    /// An event that a handler returned could not be dispatched, by a dispatcher that
    /// [cascades](super::DispatcherBuilder::cascade).
    #[error(transparent)]
    Cascade(CascadeError),
}

/// The error of an event that a handler returned, and that could not be dispatched.
///
/// [`DispatcherBuilder::cascade`](super::DispatcherBuilder::cascade) turns cascades on.
#[derive(Debug, Error)]
#[error("failed to dispatch a returned event, {}: {kind}", types(chain))]
pub struct CascadeError {
    chain: Vec<String>,
    report: Report,
    kind: Box<CascadeErrorKind>,
}

/// The reason why an event could not be dispatched.
#[derive(Debug, Error)]
pub(super) enum CascadeErrorKind {
    #[error("the dispatcher cascades to a depth of {0}")]
    TooDeep(usize),
    #[error("{0}")]
    Refused(Box<DispatchError>),
}

impl CascadeError {
    pub(super) fn new(chain: Vec<String>, kind: CascadeErrorKind, report: Report) -> Self {
        let kind = Box::new(kind);
        Self {
            chain,
            report,
            kind,
        }
    }

    /// Returns the event types from the dispatched event to the one that could not be dispatched: the
    /// handlers of each returned the next.
    #[must_use]
    pub fn chain(&self) -> &[String] {
        &self.chain
    }

    /// Returns the outcome of each handler that ran.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl DispatchError {
    /// Returns the outcome of each handler, if handlers ran.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Failed(report) => Some(report),
            Self::Cascade(error) => Some(&error.report),
            _ => None,
        }
    }
}

pub(super) fn two_types(ty: &str, first: &str, second: &str) -> String {
    format!(
        "handlers take {ty:?} as both `{first}` and `{second}`: take one type, or `&Event` and its `data_as`"
    )
}

fn failed(report: &Report) -> usize {
    report.all().map(|own| own.failures().count()).sum()
}

fn handlers(report: &Report) -> usize {
    report.all().map(Report::len).sum()
}

fn failures(report: &Report) -> String {
    let failures = report.all().flat_map(Report::failures);
    joined(failures.map(|(handler, failure)| format!("{handler}: {failure:#}")))
}

fn types(chain: &[String]) -> String {
    let types: Vec<String> = chain.iter().map(|ty| format!("{ty:?}")).collect();
    types.join(" -> ")
}

/// The reason why a [`Dispatcher`](super::Dispatcher) could not be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DispatcherError {
    /// Handlers require state that is missing.
    #[error("state is missing, which `Dispatcher::new(..).state(..)` adds: {}", .0.join("; "))]
    MissingState(Vec<String>),
    /// Handlers require two units of work.
    #[error("a handler runs in one transaction, and two are parameters of {}", .0.join(", "))]
    TwoUnitsOfWork(Vec<String>),
    /// Handlers take the events of a type as two Rust types.
    #[error("{}", .0.join("; "))]
    TwoTypes(Vec<String>),
}
