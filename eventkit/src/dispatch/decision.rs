//! The action that the error of a handler decides on.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// The action that a service takes on an event whose handler failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Retry the event, within the maximum number of attempts of the [`Policy`](super::Policy).
    Retry {
        /// The delay before the next attempt, or `None` for the delay of the policy.
        after: Option<Duration>,
    },
    /// Store the event as a dead letter, without further attempts.
    DeadLetter,
    /// Drop the event.
    Drop,
}

/// An error that decides what a service does with the event.
///
/// All other errors are retried.
///
/// # Wrapped errors
///
/// A decision is found in `Box<E>` and `Arc<E>`, and behind type-erased errors: in
/// `Box<dyn Error + Send + Sync>` and, in a function with `#[handles]`, in `anyhow::Error` and `eyre::Report`. The
/// first error of the chain of [sources](Error::source) that made a decision wins. So context can
/// be added, and an error without a decision can wrap one with a decision.
///
/// The decision of a type-erased error is not found if
///
/// - its type has type parameters, implements the trait by hand, or the feature `discovery` is off;
/// - the wrapper does not return the error as its source;
/// - it is in an `anyhow::Error` without context that a closure returns, or that was converted into
///   `Box<dyn Error + Send + Sync>`.
///
/// In these cases, return a [`Failure`](super::Failure): these errors convert into it, and it keeps
/// the decision behind any pointer. A variant can leave the decision to the error that it contains
/// with `#[handler_error(transparent)]`:
///
/// ```
/// use std::error::Error;
/// use eventkit::{Decision, HandlerError};
/// # use std::fmt;
///
/// #[derive(Debug, HandlerError)]
/// #[dead_letter]
/// struct UnknownAddress;
///
/// #[derive(Debug, HandlerError)]
/// enum OrderError {
///     #[drop]
///     ShippedAlready,
///     #[handler_error(transparent)]
///     Address(UnknownAddress),
///     #[handler_error(transparent)]
///     Other(Box<dyn Error + Send + Sync>),
/// }
/// # impl fmt::Display for UnknownAddress {
/// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("unknown address") }
/// # }
/// # impl Error for UnknownAddress {}
/// # impl fmt::Display for OrderError {
/// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("not shipped") }
/// # }
/// # impl Error for OrderError {}
///
/// let error = OrderError::Other(UnknownAddress.into());
/// assert_eq!(error.decision(), Decision::DeadLetter);
/// ```
///
/// # Errors of other libraries
///
/// `?` makes one conversion. For an error of another library, add a variant with `#[from]`, or
/// convert it into a type-erased error first:
///
/// ```
/// use eventkit::{BoxError, Decision, HandlerError};
///
/// #[derive(Debug, thiserror::Error, HandlerError)]
/// enum ImportError {
///     #[error("the file cannot be read")]
///     #[retry]
///     Read(#[from] std::io::Error),
///     #[error(transparent)]
///     #[handler_error(transparent)]
///     Other(#[from] BoxError),
/// }
///
/// fn total(path: &str) -> Result<u32, ImportError> {
///     let text = std::fs::read_to_string(path)?;
///     Ok(text.parse().map_err(BoxError::from)?)
/// }
///
/// let error = total("no such file").unwrap_err();
/// assert!(matches!(error, ImportError::Read(_)));
/// assert_eq!(error.decision(), Decision::Retry { after: None });
/// ```
///
/// For a variant `Other(#[from] anyhow::Error)`, write `.map_err(anyhow::Error::from)?` or
/// `.context("..")?`. A `Box<dyn Error>` that is not `Send + Sync` can be converted through its
/// text: `.map_err(|error| BoxError::from(error.to_string()))?`.
///
/// # Example
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
    message = "`{Self}` does not decide what a service does with an event whose handler returns it",
    label = "no `HandlerError`",
    note = "add `#[derive(HandlerError)]` to `{Self}`"
)]
pub trait HandlerError: Error + Send + Sync + 'static {
    /// Returns the action of a service on the event.
    fn decision(&self) -> Decision;
}

impl<E: HandlerError> HandlerError for Box<E> {
    fn decision(&self) -> Decision {
        E::decision(self)
    }
}

impl<E: HandlerError> HandlerError for Arc<E> {
    fn decision(&self) -> Decision {
        E::decision(self)
    }
}
