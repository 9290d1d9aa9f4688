//! The table of results.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The result of a row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) title: &'static str,
    /// The number of pairs of handler and healthy event without an effect.
    pub(crate) lost: u64,
    /// The number of repeated effects.
    pub(crate) repeated: u64,
    /// The repeated effects that the row allows.
    pub(crate) allowances: Vec<Allowance>,
    pub(crate) dead: u64,
    pub(crate) expected_dead: u64,
    /// The number of dead letters of healthy events.
    pub(crate) healthy_dead: u64,
    /// The number of duplicate dead letters.
    pub(crate) repeated_dead: u64,
    pub(crate) took: Duration,
    /// Other broken promises.
    pub(crate) broken: Vec<String>,
    pub(crate) notes: Notes,
}

/// An allowance of repeated effects.
#[derive(Debug)]
pub(crate) struct Allowance {
    /// The number of times that effects may be repeated.
    pub(crate) times: u64,
    /// The number of repeated effects each time.
    pub(crate) each: u64,
    pub(crate) why: &'static str,
}

/// Explanations of broken promises, in their order: the reasons for which workers were not ready, and
/// the state of consumers that are stuck.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    pub(crate) fn add(&self, note: String) {
        self.lock().push(note);
    }

    fn all(&self) -> Vec<String> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Row {
    /// Returns whether all promises were kept.
    pub(crate) fn holds(&self) -> bool {
        self.broken().is_empty()
    }

    /// Returns the total number of repeated effects that are allowed.
    fn bound(&self) -> u64 {
        let allowances = self.allowances.iter();
        allowances.map(|own| own.times * own.each).sum()
    }

    fn why(&self) -> String {
        let allowances = self.allowances.iter();
        let texts: Vec<String> = allowances
            .map(|own| format!("{} x {}: {}", own.times, own.each, own.why))
            .collect();
        texts.join("; ")
    }

    fn broken(&self) -> Vec<String> {
        let mut broken = self.broken.clone();
        if self.lost > 0 {
            broken.push(format!("{} lost", self.lost));
        }
        if self.repeated > self.bound() {
            broken.push(format!("more than {} done twice", self.bound()));
        }
        if self.healthy_dead > 0 {
            broken.push(format!("{} healthy dead-lettered", self.healthy_dead));
        }
        if self.dead != self.expected_dead {
            broken.push(format!("{} dead letters expected", self.expected_dead));
        }
        broken
    }
}

/// Prints the table, followed by broken promises.
pub(crate) fn print(rows: &[Row]) {
    println!(
        "{:<52} {:>6} {:>10} {:>7} {:>13} {:>8}  reason for repeated effects",
        "fault", "lost", "done twice", "at most", "dead letters", "seconds"
    );
    for row in rows {
        println!(
            "{:<52} {:>6} {:>10} {:>7} {:>13} {:>8.1}  {}",
            row.title,
            row.lost,
            row.repeated,
            row.bound(),
            format!("{} of {}", row.dead, row.expected_dead),
            row.took.as_secs_f64(),
            row.why()
        );
    }
    for row in rows {
        for broken in row.broken() {
            println!("BROKEN: {}: {broken}", row.title);
        }
        if !row.holds() {
            for note in row.notes.all() {
                println!("note: {}: {note}", row.title);
            }
        }
        if row.repeated_dead > 0 {
            println!(
                "note: {}: {} dead letters were stored twice",
                row.title, row.repeated_dead
            );
        }
    }
}
