//! Errors of dispatch and of building a dispatcher.

use thiserror::Error;

use super::report::Report;
use crate::error::{EncodeError, joined};

/// An error returned by a dispatch.
///
/// For [`Failed`](DispatchError::Failed), all handlers ran. For
/// [`Cascade`](DispatchError::Cascade), all handlers of the dispatched event ran. For all other
/// variants, no handler ran.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// One or more handlers failed. The report has the outcome of each handler.
    #[error("{} of {} handlers failed: {}", failed(.0), handlers(.0), failures(.0))]
    Failed(Report),
    /// A sync dispatch was called, but a handler for the type is async.
    #[error("`{handler}` is async and handles {ty:?}: use `dispatch_async`")]
    AsyncHandler {
        /// The handler and its location.
        handler: String,
        /// The event type.
        ty: String,
    },
    /// A handler requires state that is missing.
    #[error(
        "`{handler}` requires `State<{state}>`: dispatch through a `Dispatcher` with that state"
    )]
    MissingState {
        /// The handler and its location.
        handler: String,
        /// The name of the Rust type.
        state: &'static str,
    },
    /// Handlers take the events of a type as different Rust types.
    #[error("{}", two_types(ty, first, second))]
    TwoTypes {
        /// The event type.
        ty: String,
        /// The name of one Rust type.
        first: &'static str,
        /// The name of the other.
        second: &'static str,
    },
    /// A handler takes the event by value, but the dispatched value cannot be cloned.
    #[error(
        "`{handler}` takes the event {ty:?} by value, but it cannot be cloned: take a reference, derive `Clone`, or dispatch the envelope"
    )]
    NotClone {
        /// The handler and its location.
        handler: String,
        /// The event type.
        ty: String,
    },
    /// A handler takes the envelope, but the value could not be encoded as an event.
    #[error("failed to encode the event for handlers that take the envelope")]
    Encode(#[from] EncodeError),
    /// A dispatcher that [cascades](super::DispatcherBuilder::cascade) could not dispatch an event
    /// that a handler returned.
    #[error(transparent)]
    Cascade(CascadeError),
}

/// The error for an event that a handler returned and that could not be dispatched.
///
/// [`DispatcherBuilder::cascade`](super::DispatcherBuilder::cascade) enables cascades.
#[derive(Debug, Error)]
#[error("failed to dispatch a returned event ({}): {kind}", types(chain))]
pub struct CascadeError {
    chain: Vec<String>,
    report: Report,
    kind: Box<CascadeErrorKind>,
}

/// The reason why a returned event could not be dispatched.
#[derive(Debug, Error)]
pub(super) enum CascadeErrorKind {
    #[error("the cascade exceeds the maximum depth of {0}")]
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

    /// Returns the event types from the dispatched event to the one that could not be dispatched.
    /// Each event after the first was returned by a handler of the previous one.
    #[must_use]
    pub fn chain(&self) -> &[String] {
        &self.chain
    }

    /// Returns the report of the handlers that ran.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl DispatchError {
    /// Returns the report, if any handlers ran.
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

/// The error returned when a [`Dispatcher`](super::Dispatcher) cannot be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DispatcherError {
    /// Handlers require state that is missing.
    #[error("missing state: {}; add it with `Dispatcher::new(..).state(..)`", .0.join("; "))]
    MissingState(Vec<String>),
    /// Handlers require more than one unit of work.
    #[error("a handler can run in only one unit of work, but more than one is required by {}", .0.join(", "))]
    TwoUnitsOfWork(Vec<String>),
    /// Handlers take the events of a type as different Rust types.
    #[error("{}", .0.join("; "))]
    TwoTypes(Vec<String>),
}
