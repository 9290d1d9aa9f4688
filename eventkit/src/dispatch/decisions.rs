//! The decisions of type-erased errors.
//!
//! `#[derive(HandlerError)]` adds a function for its type to a distributed slice.

use std::error::Error;
use std::io;
use std::sync::Arc;

use super::decision::{Decision, HandlerError};

/// A function that returns the decision of an error if the error has a certain type.
pub type DecisionOf = fn(&(dyn Error + 'static)) -> Option<Decision>;

#[cfg(feature = "discovery")]
#[allow(
    unsafe_code,
    reason = "linkme places the slice in a section of its own"
)]
mod slice {
    use super::DecisionOf;

    /// The error types of the program that make decisions.
    #[eventkit_macros::__versioned_slice]
    pub static DECISIONS: [DecisionOf];
}

#[cfg(not(feature = "discovery"))]
mod slice {
    use super::DecisionOf;

    /// No error types.
    pub static DECISIONS: [DecisionOf; 0] = [];
}

pub use slice::DECISIONS;

/// Returns the decision of an error if it is an `E` or a pointer to one.
#[must_use]
pub fn decision_of<E: HandlerError>(error: &(dyn Error + 'static)) -> Option<Decision> {
    let boxed = || error.downcast_ref::<Box<E>>().map(|error| &**error);
    let shared = || error.downcast_ref::<Arc<E>>().map(|error| &**error);
    let error = error.downcast_ref::<E>().or_else(boxed).or_else(shared);
    error.map(E::decision)
}

/// Returns the decision of an error itself, if its type is known.
pub(super) fn own(error: &(dyn Error + 'static)) -> Option<Decision> {
    DECISIONS.iter().find_map(|decision_of| decision_of(error))
}

/// Returns the error behind a pointer, or else the source.
pub(super) fn inner<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    if let Some(shared) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        return Some(&**shared);
    }
    let io = error.downcast_ref::<io::Error>();
    // `io::Error::source` skips the error that it wraps, so get that error directly.
    match io.and_then(io::Error::get_ref) {
        Some(held) => Some(held),
        None => error.source(),
    }
}
