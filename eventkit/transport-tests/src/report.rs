//! What has become of the promises.

use std::fmt;

use super::Promise;

/// Says what has become of one promise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a broken promise is seen by nobody otherwise"]
#[non_exhaustive]
pub enum Outcome {
    /// It is kept.
    Kept,
    /// It was not checked, for this reason.
    LeftOut(String),
    /// It is broken, in this way.
    Broken(String),
}

impl Outcome {
    /// Asserts that the promise is not broken; one that was not checked is printed.
    ///
    /// # Panics
    ///
    /// Where it is broken.
    #[track_caller]
    pub fn assert_kept(&self) {
        match self {
            Self::Kept => {}
            Self::LeftOut(reason) => println!("left out: {reason}"),
            Self::Broken(how) => panic!("{how}"),
        }
    }
}

/// Lists what has become of each promise.
#[derive(Debug, Default)]
pub struct Report {
    outcomes: Vec<(Promise, Outcome)>,
}

impl Report {
    pub(super) fn add(&mut self, promise: Promise, outcome: Outcome) {
        self.outcomes.push((promise, outcome));
    }

    /// Returns whether no promise is broken.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        let mut outcomes = self.outcomes.iter();
        !outcomes.any(|(_, outcome)| matches!(outcome, Outcome::Broken(_)))
    }

    /// Returns each promise with what has become of it.
    pub fn iter(&self) -> impl Iterator<Item = (Promise, &Outcome)> {
        self.outcomes
            .iter()
            .map(|(promise, outcome)| (*promise, outcome))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (promise, outcome) in self.iter() {
            let name = promise.name();
            match outcome {
                Outcome::Kept => writeln!(f, "kept      {name}")?,
                Outcome::LeftOut(reason) => writeln!(f, "left out  {name}: {reason}")?,
                Outcome::Broken(how) => writeln!(f, "BROKEN    {name}: {how}")?,
            }
        }
        Ok(())
    }
}
