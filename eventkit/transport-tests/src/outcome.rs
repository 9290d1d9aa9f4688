//! The outcome of a check.

use std::error::Error;
use std::iter;

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a failed check is not reported otherwise"]
#[non_exhaustive]
pub enum Outcome {
    /// The transport passed the check.
    Passed,
    /// The check did not run, for this reason.
    Skipped(String),
    /// The transport failed the check, with this message.
    Failed(String),
}

impl Outcome {
    /// Asserts that the check did not fail; prints the reason of one that was skipped.
    ///
    /// # Panics
    ///
    /// Panics if the check failed.
    #[track_caller]
    pub fn assert_passed(&self) {
        match self {
            Self::Passed => {}
            Self::Skipped(reason) => println!("skipped: {reason}"),
            Self::Failed(message) => panic!("{message}"),
        }
    }
}

/// The reason why a check ended early.
#[derive(Debug)]
pub(super) enum Failure {
    Failed(String),
    Skipped(&'static str),
}

pub(super) fn failed(message: impl Into<String>) -> Failure {
    Failure::Failed(message.into())
}

/// Returns a failure unless the condition holds.
pub(super) fn ensure(condition: bool, message: impl FnOnce() -> String) -> Result<(), Failure> {
    if condition {
        Ok(())
    } else {
        Err(failed(message()))
    }
}

/// Returns a failure with an error and its sources.
pub(super) fn failed_with(operation: &str, error: &(dyn Error + 'static)) -> Failure {
    let errors = iter::successors(Some(error), |error| (*error).source());
    let messages: Vec<String> = errors.map(ToString::to_string).collect();
    failed(format!("{operation}: {}", messages.join(": ")))
}
