//! The failure of a handler.

use std::any::{Any, type_name};
use std::error::Error;
use std::fmt;
use std::iter;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use super::decision::{Decision, HandlerError};
use super::decisions;
use crate::error::{BoxError, DecodeError, with_causes};

/// The reason why one handler did not succeed.
///
/// `{failure}` is the failure itself, `{failure:#}` adds everything that caused it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The handler returned an error.
    Error {
        /// The error.
        error: BoxError,
        /// The decision of the error on the event, if it is a [`HandlerError`]; a dispatch within
        /// the process takes no action on it.
        decision: Option<Decision>,
    },
    /// The handler panicked, with this message.
    Panic(String),
    /// The event does not decode to the type that the handler takes; all handlers of that type share
    /// the error.
    Decode(Arc<DecodeError>),
    /// A parameter of the handler could not be extracted.
    Extract {
        /// The name of the parameter's type.
        parameter: &'static str,
        /// The error of the extractor.
        error: BoxError,
    },
    /// The filter of the handler could not be evaluated: the handler did not run.
    Filter(BoxError),
    /// The handler is handling the event already, in another [unit of work](super::UnitOfWork).
    InProgress,
    /// The unit of work could not be begun, or the handler not be [committed](super::CommitError) in it.
    UnitOfWork(BoxError),
    /// The handler took longer than its [`Policy`](super::Policy) allows, and was stopped.
    Timeout(Duration),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f.write_str(&with_causes(self));
        }
        match self {
            Self::Error { error, .. } => write!(f, "{error}"),
            Self::Panic(message) => write!(f, "panicked: {message}"),
            Self::Decode(error) => write!(f, "{error}"),
            Self::Extract { parameter, .. } => {
                write!(f, "failed to extract the parameter `{parameter}`")
            }
            Self::Filter(_) => f.write_str("failed to evaluate the filter"),
            Self::InProgress => f.write_str("the handler is handling the event already"),
            Self::UnitOfWork(_) => f.write_str("failed to begin or commit the unit of work"),
            Self::Timeout(timeout) => write!(f, "took longer than {timeout:?}"),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Error { error, .. } => error.source(),
            Self::Panic(_) | Self::Timeout(_) | Self::InProgress => None,
            Self::Decode(error) => error.source(),
            Self::Extract { error, .. } | Self::Filter(error) | Self::UnitOfWork(error) => {
                Some(&**error)
            }
        }
    }
}

impl Failure {
    /// Returns the failure of a handler that returned an error without a decision.
    pub fn error(error: impl Into<BoxError>) -> Self {
        Self::Error {
            error: error.into(),
            decision: None,
        }
    }

    /// Returns the error that may come from the store of a unit of work.
    #[doc(hidden)]
    #[must_use]
    pub fn store_error(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Error { error, .. } | Self::Extract { error, .. } | Self::UnitOfWork(error) => {
                Some(&**error)
            }
            _ => None,
        }
    }

    /// Returns the failure of a handler that returned a boxed error, which may be a failure itself.
    #[doc(hidden)]
    #[must_use]
    pub fn returned(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => *failure,
            Err(error) => Self::Error {
                decision: find_decision(&*error),
                error,
            },
        }
    }

    /// Returns the failure of a handler that returned a pointer to an error, which may be lost once it
    /// is boxed.
    pub(super) fn returned_pointer<E: ErrorPointer>(error: E) -> Self {
        let found = find_decision(&*error);
        match Self::returned(error.into()) {
            Self::Error { error, decision } => Self::Error {
                error,
                decision: found.or(decision),
            },
            failure => failure,
        }
    }

    /// Returns the failure of an extractor: a decode error means that the event is at fault.
    pub(crate) fn from_extractor<P>(error: BoxError) -> Self {
        match error.downcast::<DecodeError>() {
            Ok(error) => Self::from(*error),
            Err(error) => Self::Extract {
                parameter: type_name::<P>(),
                error,
            },
        }
    }

    /// Returns the failure of a handler that panicked.
    #[doc(hidden)]
    #[must_use]
    pub fn panic(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self::Panic(text.unwrap_or("no message").to_owned())
    }
}

/// Returns the decision of the first error of a chain that has made one.
pub(super) fn find_decision(error: &(dyn Error + 'static)) -> Option<Decision> {
    let mut chain = iter::successors(Some(error), |error| decisions::inner(*error));
    chain.find_map(|error| match error.downcast_ref() {
        Some(Failure::Error { decision, .. }) => *decision,
        _ => decisions::own(error),
    })
}

/// A pointer to an error of any type, such as `Box<dyn Error + Send + Sync>` or `anyhow::Error`.
pub trait ErrorPointer: Deref<Target = dyn Error + Send + Sync> + Into<BoxError> {}

impl<E: Deref<Target = dyn Error + Send + Sync> + Into<BoxError>> ErrorPointer for E {}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Decode(Arc::new(error))
    }
}

impl<E: HandlerError> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error {
            decision: Some(error.decision()),
            error: error.into(),
        }
    }
}
