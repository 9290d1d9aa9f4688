//! Why one handler failed.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::decision::Decision;
use crate::error::{BoxError, DecodeError};

/// Says why one handler did not succeed.
///
/// `{failure}` is the failure itself, `{failure:#}` is it with everything that caused it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The handler returned an error.
    Error(BoxError),
    /// The handler returned an error that says what becomes of the event.
    Decided(Box<Decided>),
    /// The handler panicked, with this message.
    Panic(String),
    /// The event is not what the handler takes; all handlers of that type share the error.
    Decode(Arc<DecodeError>),
    /// A parameter of the handler could not be had from the event.
    Extract(BoxError),
    /// The filter of the handler could not tell whether the event passes: the handler did not run.
    Filter(BoxError),
    /// The handler took longer than its [`Policy`](super::Policy) allows, and was stopped.
    Timeout(Duration),
}

/// Is an error of a handler that says what becomes of the event.
#[derive(Debug)]
#[non_exhaustive]
pub struct Decided {
    /// The error.
    pub error: BoxError,
    /// What becomes of the event in a service; a dispatch in the process does nothing more.
    pub decision: Decision,
}

impl Decided {
    pub(super) fn new(decision: Decision, error: BoxError) -> Self {
        Self { error, decision }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "{error}")?,
            Self::Decided(decided) => write!(f, "{}", decided.error)?,
            Self::Panic(message) => write!(f, "panicked: {message}")?,
            Self::Decode(error) => write!(f, "{error}")?,
            Self::Extract(_) => f.write_str("a parameter could not be extracted")?,
            Self::Filter(_) => f.write_str("the filter could not tell")?,
            Self::Timeout(timeout) => write!(f, "took longer than {timeout:?}")?,
        }
        let mut cause = self.source().filter(|_| f.alternate());
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Error(error) => error.source(),
            Self::Decided(decided) => decided.error.source(),
            Self::Panic(_) | Self::Timeout(_) => None,
            Self::Decode(error) => error.source(),
            Self::Extract(error) | Self::Filter(error) => Some(&**error),
        }
    }
}

impl Failure {
    /// Takes the error of an extractor: what the event is at fault for is a decode error.
    pub(crate) fn from_extractor(error: BoxError) -> Self {
        match error.downcast::<DecodeError>() {
            Ok(error) => Self::from(*error),
            Err(error) => Self::Extract(error),
        }
    }

    /// Reads the message of a panic.
    #[doc(hidden)]
    pub fn panic(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self::Panic(text.unwrap_or("no message").to_owned())
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Decode(Arc::new(error))
    }
}

/// Is implemented by what a handler may return: `()` and `Result<(), E>`.
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    label = "not `()` and not `Result<(), E>`",
    note = "return `()`, or `Result<(), E>` with an error `E` that converts into `Box<dyn std::error::Error + Send + Sync>`"
)]
pub trait IntoOutcome {
    /// Makes the outcome of it.
    ///
    /// # Errors
    ///
    /// Where the handler returned an error.
    fn into_outcome(self) -> Result<(), Failure>;
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<E: Into<BoxError>> IntoOutcome for Result<(), E> {
    fn into_outcome(self) -> Result<(), Failure> {
        self.map_err(|error| match error.into().downcast::<Failure>() {
            Ok(failure) => *failure,
            Err(error) => Failure::Error(error),
        })
    }
}
