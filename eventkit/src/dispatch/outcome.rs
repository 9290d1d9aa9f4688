//! The outcome of a handler, from its returned value.

use super::decision::HandlerError;
use super::failure::Failure;
use crate::error::BoxError;

/// The outcome of one call of a handler. The failure is boxed to keep the success small.
pub type Outcome = Result<(), Box<Failure>>;

/// A return type of handlers: `()` or `Result<(), E>`.
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    label = "not `()` and not `Result<(), E>`",
    note = "return `()`, or `Result<(), E>` with an error `E` that converts into `Box<dyn std::error::Error + Send + Sync>`"
)]
pub trait IntoOutcome {
    /// Converts the returned value into an outcome.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler returned one.
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
            Err(error) => Failure::error(error),
        })
    }
}

/// The returned value of a handler, for autoref specialization.
///
/// The generated code calls `into_outcome`: the compiler takes the inherent method if the error is a
/// [`HandlerError`], and the one of [`AutorefOutcome`] otherwise.
#[derive(Debug)]
pub struct Returned<R>(pub R);

impl<E: HandlerError> Returned<Result<(), E>> {
    /// Converts the result into an outcome that keeps the decision of the error.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler returned one.
    pub fn into_outcome(self) -> Outcome {
        self.0.map_err(|error| Box::new(Failure::from(error)))
    }
}

/// The fallback for returned values without a decision.
pub trait AutorefOutcome<R> {
    /// Converts the returned value into an outcome.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler returned one.
    fn into_outcome(self) -> Outcome
    where
        R: IntoOutcome;
}

impl<R> AutorefOutcome<R> for Returned<R> {
    fn into_outcome(self) -> Outcome
    where
        R: IntoOutcome,
    {
        self.0.into_outcome().map_err(Box::new)
    }
}
