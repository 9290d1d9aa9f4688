//! The error for a message that exceeds a limit.

use thiserror::Error;

/// One of the [`Limits`](crate::Limits), exceeded by a message.
///
/// ```
/// use eventkit::Limits;
/// use eventkit::format::{Format, Json};
///
/// let error = Json.with_limits(Limits::DEFAULT.body_bytes(3)).decode("{  }".into()).unwrap_err();
/// let exceeded = error.exceeded().unwrap();
/// assert_eq!((exceeded.limit(), exceeded.max()), ("body_bytes", 3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "{} {max} {} (limit `{limit}`, set with `Limits::{limit}`)",
    words[0], words[1]
)]
pub struct LimitExceeded {
    limit: &'static str,
    max: usize,
    words: [&'static str; 2],
}

impl LimitExceeded {
    /// Creates an error from the name, the maximum, and the words around the number.
    pub(crate) fn new(limit: &'static str, max: usize, words: [&'static str; 2]) -> Self {
        Self { limit, max, words }
    }

    /// Returns the name of the limit, which is a field and a setter of [`Limits`](crate::Limits).
    #[must_use]
    pub fn limit(&self) -> &'static str {
        self.limit
    }

    /// Returns the largest value that the limit allows.
    #[must_use]
    pub fn max(&self) -> usize {
        self.max
    }
}
