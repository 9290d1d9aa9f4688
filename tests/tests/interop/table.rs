//! The matrix as a readable table.

use std::fmt::Write;

use super::cell::{Cell, Direction, Mode, Sdk};
use super::known_differences::{Difference, Weight};

/// The width of a column for a mode in a direction.
const WIDTH: usize = 6;
/// The width of the column with the names of the cases.
const CASE: usize = 25;

/// The result of a row: for each cell, no difference or the numbers of its differences.
pub(crate) struct Row {
    pub(crate) cell: Cell,
    pub(crate) differences: Vec<usize>,
    /// Whether a cell differs from the list of known differences.
    pub(crate) failed: bool,
}

impl Row {
    fn place(&self) -> (Sdk, Mode, Direction) {
        (self.cell.sdk, self.cell.mode, self.cell.direction)
    }
}

/// Writes cases by peers, modes and directions, followed by the differences.
pub(crate) fn write(rows: &[Row], differences: &[Difference]) -> String {
    let mut text = String::new();
    let mut columns: Vec<_> = rows.iter().map(Row::place).collect();
    columns.sort_unstable();
    columns.dedup();
    head(&mut text, &columns);
    let mut cases: Vec<&str> = Vec::new();
    for row in rows {
        if !cases.contains(&row.cell.case) {
            cases.push(row.cell.case);
        }
    }
    for case in cases {
        write!(text, "{case:<CASE$}").unwrap();
        for column in &columns {
            let row = rows
                .iter()
                .find(|row| row.cell.case == case && row.place() == *column);
            let mark = row.map_or("-".to_owned(), mark);
            write!(text, "{mark:<WIDTH$}").unwrap();
        }
        text.push('\n');
    }
    let met = |difference: &Difference| columns.iter().any(|(sdk, ..)| *sdk == difference.sdk);
    for (number, difference) in differences
        .iter()
        .enumerate()
        .filter(|(_, difference)| met(difference))
    {
        let Difference {
            sdk,
            direction,
            weight,
            reason,
            ..
        } = difference;
        let (number, cells) = (number + 1, difference.cells());
        writeln!(
            text,
            "{number:>3} {weight} {direction} {sdk}, cells {cells}: {reason}"
        )
        .unwrap();
    }
    text
}

/// Returns the heading of a column on one line, and the group that shares it.
type Shared = fn(&(Sdk, Mode, Direction)) -> (String, String);

/// Writes SDK, mode and direction above the columns. A heading is above the first column of its
/// group.
fn head(text: &mut String, columns: &[(Sdk, Mode, Direction)]) {
    let shared: [Shared; 3] = [
        |(sdk, ..)| (sdk.to_string(), sdk.to_string()),
        |(sdk, mode, _)| (mode.to_string(), format!("{sdk} {mode}")),
        |(sdk, mode, direction)| (direction.to_string(), format!("{sdk} {mode} {direction}")),
    ];
    for (line, name) in shared.into_iter().enumerate() {
        write!(text, "{:<CASE$}", if line == 2 { "case" } else { "" }).unwrap();
        // A heading may extend over all columns of its group.
        for group in columns.chunk_by(|a, b| name(a).1 == name(b).1) {
            let width = group.len() * WIDTH;
            write!(text, "{:<width$}", name(&group[0]).0).unwrap();
        }
        text.push('\n');
    }
}

fn mark(row: &Row) -> String {
    if row.failed {
        return "FAILS".to_owned();
    }
    if row.differences.is_empty() {
        return "ok".to_owned();
    }
    let numbers: Vec<String> = row
        .differences
        .iter()
        .map(|at| (at + 1).to_string())
        .collect();
    numbers.join(",")
}

/// Writes the number of correct cells of each SDK, in the form of `interop/README.md`.
pub(crate) fn summary(rows: &[Row], differences: &[Difference]) -> String {
    let mut text = String::from(
        "| SDK | cells | as sent | a defect of the SDK | a loss, or a limit of HTTP |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for sdk in Sdk::ALL {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.cell.sdk == sdk).collect();
        if rows.is_empty() {
            continue;
        }
        let right = rows.iter().filter(|row| row.differences.is_empty()).count();
        let is_defect = |at: &usize| differences[*at].weight == Weight::Defect;
        let wrong = rows
            .iter()
            .filter(|row| row.differences.iter().any(is_defect))
            .count();
        let (name, cells) = (sdk.title(), rows.len());
        let lost = cells - right - wrong;
        writeln!(text, "| {name} | {cells} | {right} | {wrong} | {lost} |").unwrap();
    }
    text
}
