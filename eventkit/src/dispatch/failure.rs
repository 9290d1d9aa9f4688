//! Why one handler failed.

use std::any::Any;
use std::sync::Arc;

use thiserror::Error;

use crate::error::{BoxError, DecodeError};

/// Says why one handler did not succeed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Failure {
    /// The handler returned an error.
    #[error(transparent)]
    Error(BoxError),
    /// The handler panicked, with this message.
    #[error("panicked: {0}")]
    Panic(String),
    /// The event is not what the handler takes; all handlers of that type share the error.
    #[error(transparent)]
    Decode(Arc<DecodeError>),
    /// A parameter of the handler could not be had from the event.
    #[error("a parameter could not be extracted")]
    Extract(#[source] BoxError),
}

impl Failure {
    /// Reads the message of a panic.
    pub(crate) fn panic(payload: &(dyn Any + Send)) -> Self {
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
        self.map_err(|error| Failure::Error(error.into()))
    }
}
