//! Assertions on why something was refused.

use std::fmt::Debug;

use eventkit::event::{BuildError, Violation};
use eventkit::{DecodeError, DecodeErrorKind, EncodeError};

/// Is implemented by errors that list what is wrong with an event.
pub trait Refusal: Debug {
    /// Returns the violations.
    fn violations(&self) -> &[Violation];
}

impl Refusal for BuildError {
    fn violations(&self) -> &[Violation] {
        BuildError::violations(self)
    }
}

impl Refusal for EncodeError {
    fn violations(&self) -> &[Violation] {
        self.as_build_error().map_or(&[], BuildError::violations)
    }
}

impl Refusal for DecodeError {
    fn violations(&self) -> &[Violation] {
        DecodeError::violations(self)
    }
}

/// Asserts that the result is an error for exactly these violations: attribute and section.
///
/// # Panics
///
/// Where it is not.
#[track_caller]
pub fn assert_violations<T: Debug, E: Refusal>(result: Result<T, E>, expected: &[(&str, &str)]) {
    let error = result.expect_err("it breaks the specification");
    let found: Vec<(&str, &str)> = error
        .violations()
        .iter()
        .map(|violation| (violation.attribute(), violation.section()))
        .collect();
    assert_eq!(found, expected, "{error:?}");
}

/// Asserts that a message is refused as an invalid event, for exactly these violations.
///
/// # Panics
///
/// Where it is not.
#[track_caller]
pub fn assert_invalid<T: Debug>(result: Result<T, DecodeError>, expected: &[(&str, &str)]) {
    let error = result.expect_err("it breaks the specification");
    assert_eq!(error.kind(), DecodeErrorKind::Invalid, "{error:?}");
    assert_violations(Err::<T, _>(error), expected);
}

/// Asserts that a message is refused for a mistake of this sort.
///
/// # Panics
///
/// Where it is not.
#[track_caller]
pub fn assert_refused<T: Debug>(result: Result<T, DecodeError>, expected: DecodeErrorKind) {
    let error = result.expect_err("it is to be refused");
    assert_eq!(error.kind(), expected, "{error:?}");
}

/// Returns an error and what caused it as one line.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let lines: Vec<String> = causes.map(ToString::to_string).collect();
    lines.join(": ")
}
