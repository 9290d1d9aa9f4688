//! The thresholds of each case: the file `counts.txt`, which new counts are compared with.

use std::collections::BTreeMap;
use std::fmt::Write;

/// The percentage of additional instructions that is not a regression.
const TOLERANCE: u64 = 10;

/// The counts of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// The instructions, if they could be counted.
    pub instructions: Option<u64>,
    /// The allocations, including reallocations.
    pub allocations: u64,
}

/// The counts of every case by name.
pub type Table = BTreeMap<String, Counts>;

/// Formats a table as in the file.
#[must_use]
pub fn print(table: &Table, head: &str) -> String {
    let mut text = String::new();
    for line in head.lines() {
        let _ = writeln!(text, "# {line}");
    }
    for (name, counts) in table {
        let instructions = counts
            .instructions
            .map_or_else(|| "-".to_owned(), |count| count.to_string());
        let allocations = counts.allocations;
        let _ = writeln!(text, "{name:40} {instructions:>10} {allocations:>6}");
    }
    text
}

/// Parses the file. Malformed lines are skipped, so their cases are missing.
#[must_use]
pub fn parse(text: &str) -> Table {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(line).collect()
}

fn line(line: &str) -> Option<(String, Counts)> {
    let (rest, allocations) = line.trim_end().rsplit_once(' ')?;
    let (name, instructions) = rest.trim_end().rsplit_once(' ')?;
    let counts = Counts {
        instructions: instructions.parse().ok(),
        allocations: allocations.parse().ok()?,
    };
    Some((name.trim_end().to_owned(), counts))
}

/// Returns what is worse than its threshold, and what is so much better that the file should be
/// updated.
#[must_use]
pub fn compare(most: &Table, found: &Table) -> (Vec<String>, Vec<String>) {
    let (mut worse, mut better) = (Vec::new(), Vec::new());
    for (name, found) in found {
        let Some(most) = most.get(name) else {
            worse.push(format!("{name}: not in the file"));
            continue;
        };
        if found.allocations > most.allocations {
            let (found, most) = (found.allocations, most.allocations);
            worse.push(format!("{name}: {found} allocations, at most {most}"));
        }
        let (Some(found), Some(most)) = (found.instructions, most.instructions) else {
            continue;
        };
        let message = || format!("{name}: {found} instructions, in the file {most}");
        if found * 100 > most * (100 + TOLERANCE) {
            worse.push(message());
        } else if found * (100 + TOLERANCE) < most * 100 {
            better.push(message());
        }
    }
    let gone = most.keys().filter(|name| !found.contains_key(*name));
    worse.extend(gone.map(|name| format!("{name}: in the file, but no case")));
    (worse, better)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(instructions: u64, allocations: u64) -> Table {
        let instructions = Some(instructions);
        let counts = Counts {
            instructions,
            allocations,
        };
        Table::from([("to typed, order".to_owned(), counts)])
    }

    #[test]
    fn a_printed_table_is_parsed_to_the_same_table() {
        let table = table(12_345, 7);
        assert_eq!(parse(&print(&table, "a head\nof two lines")), table);
    }

    #[test]
    fn ten_percent_more_is_not_a_regression_but_eleven_are() {
        let most = table(1000, 7);
        assert!(compare(&most, &table(1100, 7)).0.is_empty());
        assert_eq!(compare(&most, &table(1101, 7)).0.len(), 1);
        assert_eq!(compare(&most, &table(900, 7)).1.len(), 1);
    }

    #[test]
    fn one_allocation_more_is_a_regression() {
        assert_eq!(compare(&table(1000, 7), &table(1000, 8)).0.len(), 1);
    }

    #[test]
    fn missing_and_obsolete_cases_are_reported() {
        assert_eq!(compare(&Table::new(), &table(1, 1)).0.len(), 1);
        assert_eq!(compare(&table(1, 1), &Table::new()).0.len(), 1);
    }
}
