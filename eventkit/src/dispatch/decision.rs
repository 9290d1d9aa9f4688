//! What the error of a handler wants to become of the event.

use std::error::Error;
use std::time::Duration;

use super::call::Outcome;
use super::failure::{Decided, Failure, IntoOutcome};

/// Says what becomes of an event whose handler failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It is tried again, within the attempts of the [`Policy`](super::Policy).
    Retry {
        /// The delay, where it is not the one of the policy.
        after: Option<Duration>,
    },
    /// It is kept as a dead letter, at once.
    DeadLetter,
    /// It is forgotten.
    Drop,
}

/// Is implemented by errors that say what becomes of the event, through
/// `#[derive(HandlerError)]`.
///
/// Any other error is retried. In a closure that is registered at run time, the choice is kept
/// where it returns `Result<(), Failure>`, into which such an error converts.
///
/// ```
/// use std::fmt;
/// use eventkit::{CloudEvent, Decision, HandlerError, Registry, handles};
/// # use serde::{Deserialize, Serialize};
/// #
/// # #[derive(Serialize, Deserialize, CloudEvent)]
/// # #[cloudevent(type = "co.outcome.order.paid", source = "/shop")]
/// # struct OrderPaid { order_id: String }
///
/// #[derive(Debug, HandlerError)]
/// enum ShipError {
///     #[retry(after = "5s")]
///     CarrierBusy,
///     #[retry]
///     Database(std::io::Error),
///     #[dead_letter]
///     UnknownAddress { line: String },
///     #[drop]
///     ShippedAlready,
/// }
/// # impl fmt::Display for ShipError {
/// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("not shipped") }
/// # }
/// # impl std::error::Error for ShipError {}
///
/// static SHIPPING: Registry = Registry::new("shipping");
///
/// #[handles("co.outcome.order.paid", registry = SHIPPING)]
/// async fn ship(order: OrderPaid) -> Result<(), ShipError> {
///     Err(ShipError::UnknownAddress { line: order.order_id })
/// }
///
/// assert_eq!(ShipError::ShippedAlready.decision(), Decision::Drop);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what becomes of an event whose handler fails with it",
    label = "no `HandlerError`",
    note = "add `#[derive(HandlerError)]` to `{Self}`"
)]
pub trait HandlerError: Error + Send + Sync + 'static {
    /// Returns what becomes of the event.
    fn decision(&self) -> Decision;
}

impl<E: HandlerError> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Decided(Box::new(Decided::new(error.decision(), error.into())))
    }
}

/// What a handler returned, on its way to an outcome. The generated code calls `into_outcome`: the
/// compiler takes the inherent method where the error decides, and [`Undecided`]'s elsewhere.
#[derive(Debug)]
pub struct Returned<R>(pub R);

impl<E: HandlerError> Returned<Result<(), E>> {
    /// Keeps what the error decides.
    ///
    /// # Errors
    ///
    /// Where the handler returned an error.
    pub fn into_outcome(self) -> Outcome {
        self.0.map_err(|error| Box::new(Failure::from(error)))
    }
}

/// Is implemented by whatever a handler returned.
pub trait Undecided<R> {
    /// Makes the outcome of what decides nothing.
    ///
    /// # Errors
    ///
    /// Where the handler returned an error.
    fn into_outcome(self) -> Outcome
    where
        R: IntoOutcome;
}

impl<R> Undecided<R> for Returned<R> {
    fn into_outcome(self) -> Outcome
    where
        R: IntoOutcome,
    {
        self.0.into_outcome().map_err(Box::new)
    }
}
