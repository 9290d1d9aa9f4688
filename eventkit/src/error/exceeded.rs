//! The error of a message that is over a limit.

use std::fmt;

/// Says which of the [`Limits`](crate::Limits) a message is over.
///
/// ```
/// use eventkit::Limits;
/// use eventkit::format::{Format, Json};
///
/// let error = Json.with_limits(Limits::DEFAULT.body_bytes(3)).decode("{  }".into()).unwrap_err();
/// let exceeded = error.exceeded().unwrap();
/// assert_eq!((exceeded.limit(), exceeded.most()), ("body_bytes", 3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    limit: &'static str,
    most: usize,
    words: [&'static str; 2],
}

impl Exceeded {
    /// Says that a limit allows no more, in the words before and after the number.
    pub(crate) fn new(limit: &'static str, most: usize, words: [&'static str; 2]) -> Self {
        Self { limit, most, words }
    }

    /// Returns the name of the limit, which is that of the field and the setter of [`Limits`](crate::Limits).
    #[must_use]
    pub fn limit(&self) -> &'static str {
        self.limit
    }

    /// Returns the most that the limit allows.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            limit,
            most,
            words: [before, after],
        } = self;
        write!(
            f,
            "{before} {most} {after} (limit `{limit}`; another is set with `Limits::{limit}`)"
        )
    }
}

impl std::error::Error for Exceeded {}
