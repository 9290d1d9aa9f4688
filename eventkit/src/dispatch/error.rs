//! Why a dispatch, or the set-up of one, failed.

use std::fmt;

use thiserror::Error;

use super::report::Report;
use crate::error::EncodeError;

/// Says why a dispatch did not succeed.
///
/// Only [`Failed`](DispatchError::Failed) means that handlers ran; then all of them did. With every
/// other variant none has run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// One or more handlers failed; the report says what each of them came to.
    #[error("{}", Failures(.0))]
    Failed(Report),
    /// An async handler is registered for the type, but the dispatch was not async.
    #[error("`{handler}` is async and handles {ty:?}: use `dispatch_async`")]
    AsyncHandler {
        /// The handler, with its location.
        handler: String,
        /// The event type.
        ty: String,
    },
    /// A handler wants a state that is not there.
    #[error("`{handler}` wants `State<{state}>`: dispatch through a `Dispatcher` with that state")]
    MissingState {
        /// The handler, with its location.
        handler: String,
        /// The name of the Rust type.
        state: &'static str,
    },
    /// A handler wants the envelope, but the value could not become an event.
    #[error("the event could not be made for the handlers that take it")]
    Encode(#[from] EncodeError),
}

impl DispatchError {
    /// Returns what each handler came to, where handlers ran.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Failed(report) => Some(report),
            _ => None,
        }
    }
}

/// Writes the failures of a report on one line.
struct Failures<'a>(&'a Report);

impl fmt::Display for Failures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, all) = (self.0.failures().count(), self.0.len());
        write!(f, "{failed} of {all} handlers failed")?;
        for (at, (handler, failure)) in self.0.failures().enumerate() {
            f.write_str(if at == 0 { ": " } else { "; " })?;
            write!(f, "{handler}: {failure:#}")?;
        }
        Ok(())
    }
}

/// Says why a [`Dispatcher`](super::Dispatcher) could not be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DispatcherError {
    /// Handlers want state that is not there.
    #[error("state is missing: {}", .0.join("; "))]
    MissingState(Vec<String>),
}

/// Says what is wrong with a registry: every [`Problem`] at once.
#[derive(Debug, Error)]
#[error("registry `{registry}`: {}", join(problems))]
pub struct CheckError {
    registry: &'static str,
    problems: Vec<Problem>,
}

/// Is one thing that is wrong with a registry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// Two Rust types claim one event type.
    #[error("{ty:?} is the event type of both `{first}` and `{second}`")]
    TwoTypes {
        /// The event type.
        ty: String,
        /// The name of one Rust type.
        first: &'static str,
        /// The name of the other.
        second: &'static str,
    },
    /// A handler that was expected is not there.
    #[error(
        "no handler `{0}` is linked in: name its crate in code, for instance with `use {krate} as _;`, or add it with `handlers!`",
        krate = .0.split("::").next().unwrap_or_default()
    )]
    Missing(String),
}

impl CheckError {
    pub(crate) fn new(registry: &'static str, problems: Vec<Problem>) -> Self {
        Self { registry, problems }
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

fn join(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("; ")
}
