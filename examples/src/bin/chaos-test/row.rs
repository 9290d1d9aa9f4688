//! The table.

use std::time::Duration;

/// What came of one fault.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    /// Pairs of handler and healthy event that were never done.
    pub(crate) lost: u64,
    /// Work that was done again.
    pub(crate) repeated: u64,
    /// How much of it the fault explains, and how.
    pub(crate) bound: u64,
    pub(crate) why: &'static str,
    pub(crate) dead: u64,
    pub(crate) expected_dead: u64,
    /// Healthy events among the dead letters.
    pub(crate) healthy_dead: u64,
    /// Letters that were stored more than once.
    pub(crate) repeated_dead: u64,
    pub(crate) took: Duration,
}

impl Row {
    /// Returns whether all promises were kept.
    pub(crate) fn holds(&self) -> bool {
        self.broken().is_empty()
    }

    fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        if self.lost > 0 {
            broken.push(format!("{} lost", self.lost));
        }
        if self.repeated > self.bound {
            broken.push(format!("more than {} duplicated", self.bound));
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

/// Prints the table, and what was broken below it.
pub(crate) fn print(rows: &[Row]) {
    println!(
        "{:<34} {:>6} {:>10} {:>7} {:>13} {:>8}  a duplicate is",
        "fault", "lost", "duplicated", "at most", "dead-lettered", "seconds"
    );
    for row in rows {
        println!(
            "{:<34} {:>6} {:>10} {:>7} {:>13} {:>8.1}  {}",
            row.fault,
            row.lost,
            row.repeated,
            row.bound,
            format!("{} of {}", row.dead, row.expected_dead),
            row.took.as_secs_f64(),
            row.why
        );
    }
    for row in rows {
        for broken in row.broken() {
            println!("BROKEN: {}: {broken}", row.fault);
        }
        if row.repeated_dead > 0 {
            println!(
                "note: {}: {} dead letters were stored twice",
                row.fault, row.repeated_dead
            );
        }
    }
}
