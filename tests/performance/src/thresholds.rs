//! What each case may take: the file `counts.txt`, with which new counts are compared.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Percentage of additional instructions that is not a regression.
const TOLERANCE: u64 = 10;

/// How often a case does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Instructions, where they could be counted.
    pub instructions: Option<u64>,
    /// Allocations, growing included.
    pub allocations: u64,
}

/// Holds the counts of every case by its name.
pub type Table = BTreeMap<String, Counts>;

/// Writes a table as the file has it.
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

/// Reads the file; lines that cannot be read are left out, and then their cases are missing.
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

/// Says what is worse than it may be, and what is so much better that the file should say so.
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
    fn what_is_printed_is_what_is_read() {
        let table = table(12_345, 7);
        assert_eq!(parse(&print(&table, "a head\nof two lines")), table);
    }

    #[test]
    fn ten_percent_more_is_no_regression_and_eleven_are() {
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
    fn a_case_is_neither_forgotten_nor_left() {
        assert_eq!(compare(&Table::new(), &table(1, 1)).0.len(), 1);
        assert_eq!(compare(&table(1, 1), &Table::new()).0.len(), 1);
    }
}
