//! Assertions on errors.

use std::fmt::Debug;

use eventkit::event::{BuildError, Violation};
use eventkit::{DecodeError, DecodeErrorKind, EncodeError};

/// An error with the violations of an event.
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

/// Asserts that a result is an error with exactly these violations: attribute and section.
///
/// # Panics
///
/// Panics if it is not.
#[track_caller]
pub fn assert_violations<T: Debug, E: Refusal>(result: Result<T, E>, expected: &[(&str, &str)]) {
    let error = result.expect_err("the event should be invalid");
    let found: Vec<(&str, &str)> = error
        .violations()
        .iter()
        .map(|violation| (violation.attribute(), violation.section()))
        .collect();
    assert_eq!(found, expected, "{error:?}");
}

/// Asserts that a message is refused as an invalid event with exactly these violations.
///
/// # Panics
///
/// Panics if it is not.
#[track_caller]
pub fn assert_invalid<T: Debug>(result: Result<T, DecodeError>, expected: &[(&str, &str)]) {
    let error = result.expect_err("the event should be invalid");
    assert_eq!(error.kind(), DecodeErrorKind::Invalid, "{error:?}");
    assert_violations(Err::<T, _>(error), expected);
}

/// Asserts that a message is refused with an error of this kind.
///
/// # Panics
///
/// Panics if it is not.
#[track_caller]
pub fn assert_refused<T: Debug>(result: Result<T, DecodeError>, expected: DecodeErrorKind) {
    let error = result.expect_err("the message should be refused");
    assert_eq!(error.kind(), expected, "{error:?}");
}

/// Returns an error and its causes on one line.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let lines: Vec<String> = causes.map(ToString::to_string).collect();
    lines.join(": ")
}
