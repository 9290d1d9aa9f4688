//! The report of all checks.

use std::fmt;

use super::check::Check;
use super::fixture::Fixture;
use super::outcome::Outcome;

/// Runs all checks on the transport of a fixture, one after another.
pub async fn run(fixture: &dyn Fixture) -> Report {
    let mut report = Report::default();
    for check in Check::all() {
        report.outcomes.push((*check, check.run(fixture).await));
    }
    report
}

/// The outcomes of all checks.
///
/// The front page of the [crate] has an example.
#[derive(Debug, Default)]
pub struct Report {
    outcomes: Vec<(Check, Outcome)>,
}

impl Report {
    /// Returns whether all checks passed or were skipped.
    #[must_use]
    pub fn all_passed(&self) -> bool {
        let mut outcomes = self.outcomes.iter();
        !outcomes.any(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
    }

    /// Returns an iterator over the checks and their outcomes.
    pub fn iter(&self) -> impl Iterator<Item = (Check, &Outcome)> {
        self.outcomes
            .iter()
            .map(|(check, outcome)| (*check, outcome))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (check, outcome) in self.iter() {
            let name = check.name();
            match outcome {
                Outcome::Passed => writeln!(f, "passed   {name}")?,
                Outcome::Skipped(reason) => writeln!(f, "skipped  {name}: {reason}")?,
                Outcome::Failed(message) => writeln!(f, "FAILED   {name}: {message}")?,
            }
        }
        Ok(())
    }
}
