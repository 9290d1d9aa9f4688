//! Failures of handlers.

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

/// The reason why a handler failed.
///
/// `{failure}` formats the failure itself, `{failure:#}` also its chain of causes.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The handler returned an error.
    Error {
        /// The error.
        error: BoxError,
        /// The decision on the event, if the error is a [`HandlerError`]. A dispatch outside a
        /// service ignores it.
        decision: Option<Decision>,
    },
    /// The handler panicked, with this message.
    Panic(String),
    /// The event could not be decoded as the type that the handler takes. All handlers of that type
    /// share the error.
    Decode(Arc<DecodeError>),
    /// A parameter of the handler could not be extracted.
    Extract {
        /// The name of the type of the parameter.
        parameter: &'static str,
        /// The error of the extractor.
        error: BoxError,
    },
    /// The filter of the handler could not be evaluated, so the handler did not run.
    Filter(BoxError),
    /// The handler is already handling the event, in another [unit of work](super::UnitOfWork).
    InProgress,
    /// The unit of work could not be begun or [committed](super::CommitError).
    UnitOfWork(BoxError),
    /// The handler exceeded the timeout of its [`Policy`](super::Policy), and was stopped.
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
            Self::InProgress => f.write_str("the handler is already handling the event"),
            Self::UnitOfWork(_) => f.write_str("failed to begin or commit the unit of work"),
            Self::Timeout(timeout) => write!(f, "timed out after {timeout:?}"),
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

    /// Returns the error that the store of a unit of work may have caused.
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

    /// Returns the failure of a handler that returned a boxed error. The error may itself be a
    /// failure.
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

    /// Returns the failure of a handler that returned a pointer to an error. Boxing may hide the
    /// type of the error, so its decision is looked up here.
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

    /// Returns the failure of an extractor. A decode error means that the event is malformed.
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

/// Returns the decision of the first error in a chain of sources that made one.
pub(super) fn find_decision(error: &(dyn Error + 'static)) -> Option<Decision> {
    let mut chain = iter::successors(Some(error), |error| decisions::inner(*error));
    chain.find_map(|error| match error.downcast_ref() {
        Some(Failure::Error { decision, .. }) => *decision,
        _ => decisions::own(error),
    })
}

/// A pointer to a type-erased error, such as `Box<dyn Error + Send + Sync>` or `anyhow::Error`.
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
