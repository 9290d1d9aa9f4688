//! The outcome of a check.

/// The outcome of a check.
///
/// [`run`](crate::run) reports it for each check; the front page of the [crate] has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a failed check is not reported otherwise"]
#[non_exhaustive]
pub enum Outcome {
    /// The transport passed the check.
    Passed,
    /// The check was skipped, for this reason.
    Skipped(String),
    /// The transport failed the check, with this message.
    Failed(String),
}

impl Outcome {
    /// Asserts that the check did not fail; prints the reason if it was skipped.
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

/// The error for a check that does not apply to the transport, with the reason.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Skip(pub(super) &'static str);
