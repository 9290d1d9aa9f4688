//! Patterns of event types.

use eventkit_cesql::rules::{self, EventTypeError};
use thiserror::Error;

/// Returns whether a pattern matches an event type.
///
/// A pattern is a type in which a whole segment between dots may be `*`: in the middle it stands
/// for exactly one segment, at the end for one or more. `*` alone stands for every type. It is
/// `const` since `#[handles]` checks its literals with it when they compile.
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

/// Returns whether a pattern has a wildcard.
pub(crate) fn has_wildcard(pattern: &str) -> bool {
    // Most are no pattern, and are not looked at segment by segment for it.
    pattern.contains('*') && pattern.split('.').any(|segment| segment == "*")
}

/// Checks that a pattern can match an event type.
///
/// # Errors
///
/// Returns an error if the pattern is empty or a `*` in it is not a whole segment.
pub fn check(pattern: &str) -> Result<(), InvalidPattern> {
    rules::check_pattern(pattern).map_err(InvalidPattern)
}

/// The error of a pattern that can match no event type.
///
/// ```
/// use eventkit::pattern;
///
/// assert!(pattern::check("co.outcome.*").is_ok());
/// let error = pattern::check("co.out*").unwrap_err();
/// assert_eq!(error.to_string(), "a `*` stands for a whole segment between dots");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{}", match .0 {
    EventTypeError::Empty => "an event type is not empty",
    EventTypeError::PartialWildcard => "a `*` stands for a whole segment between dots",
})]
pub struct InvalidPattern(EventTypeError);
