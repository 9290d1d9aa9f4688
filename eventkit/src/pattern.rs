//! Patterns of event types.

use eventkit_cesql::rules::{self, EventTypeError};
use thiserror::Error;

/// Returns whether a pattern matches an event type.
///
/// A pattern is an event type in which whole segments between dots may be `*`. In the middle, `*`
/// matches exactly one segment, at the end one or more. `*` alone matches every type. The function
/// is `const`, so that `#[handles]` can check literals at compile time.
#[must_use]
pub const fn matches(pattern: &str, ty: &str) -> bool {
    let (pattern, ty) = (pattern.as_bytes(), ty.as_bytes());
    let (mut p, mut t) = (0, 0);
    loop {
        let wildcard = p < pattern.len() && pattern[p] == b'*';
        if wildcard && p + 1 == pattern.len() {
            return t < ty.len();
        }
        let segment = t;
        if wildcard {
            while t < ty.len() && ty[t] != b'.' {
                t += 1;
            }
            if t == segment {
                return false;
            }
            p += 1;
        } else {
            while p < pattern.len() && pattern[p] != b'.' {
                if t == ty.len() || ty[t] != pattern[p] {
                    return false;
                }
                p += 1;
                t += 1;
            }
        }
        match (p == pattern.len(), t == ty.len()) {
            (true, true) => return true,
            (false, false) if ty[t] == b'.' && pattern[p] == b'.' => {
                p += 1;
                t += 1;
            }
            _ => return false,
        }
    }
}

/// Returns whether a pattern contains a wildcard.
pub(crate) fn has_wildcard(pattern: &str) -> bool {
    // Most texts contain no `*`, which is quick to check.
    pattern.contains('*') && pattern.split('.').any(|segment| segment == "*")
}

/// Checks that a pattern can match an event type.
///
/// # Errors
///
/// Returns an error if the pattern is empty, or contains a `*` that is not a whole segment.
pub fn check(pattern: &str) -> Result<(), InvalidPattern> {
    rules::check_pattern(pattern).map_err(InvalidPattern)
}

/// The error for a pattern that cannot match any event type.
///
/// ```
/// use eventkit::pattern;
///
/// assert!(pattern::check("co.outcome.*").is_ok());
/// let error = pattern::check("co.out*").unwrap_err();
/// assert_eq!(error.to_string(), "a `*` must be a whole segment between dots");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{}", match .0 {
    EventTypeError::Empty => "an event type must not be empty",
    EventTypeError::PartialWildcard => "a `*` must be a whole segment between dots",
})]
pub struct InvalidPattern(EventTypeError);
