//! Tables, for people.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, ContentArrangement, Table};
use eventkit_service::{DeadLetter, FailureCount};

use super::service::SEPARATOR;
use crate::output::{BOLD, Output};

/// The width of a table that is not on a terminal.
const DEFAULT_WIDTH: u16 = 160;

/// Returns the dead letters of a service as a table.
pub(super) fn of_letters(letters: &[DeadLetter], service: &str, output: &Output) -> String {
    let mut table = table(
        &["last failure", "handler", "attempts", "type", "id", "error"],
        output,
    );
    for letter in letters {
        let (ty, id) = match (letter.event(), letter.message()) {
            (Some(event), _) => (event.ty().to_owned(), event.id().to_owned()),
            (None, Some(message)) => (
                format!("no event, {} bytes", message.body.len()),
                position(letter),
            ),
            (None, None) => ("too large".to_owned(), position(letter)),
        };
        let time = letter
            .last_failure
            .map_or_else(|| "unknown".to_owned(), |time| time.to_string());
        table.add_row(
            [
                &seconds(&time),
                handler(&letter.subscription, service),
                &letter.attempts.to_string(),
                &ty,
                &id,
                &letter.error,
            ]
            .map(cell),
        );
    }
    finish(table)
}

/// Returns numbers of failures as a table.
pub(super) fn of_counts(counts: &[FailureCount], service: &str, output: &Output) -> String {
    let mut table = table(&["count", "handler", "error"], output);
    for own in counts {
        let cells = [
            &own.count.to_string(),
            handler(&own.subscription, service),
            &own.error,
        ];
        table.add_row(cells.map(cell));
    }
    finish(table)
}

fn table(header: &[&str], output: &Output) -> Table {
    let width = terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| width.0);
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(
            header
                .iter()
                .map(|name| Cell::new(output.styled(BOLD, name.to_uppercase()))),
        );
    table
}

/// Returns the text of a table, without white space at the ends of the lines.
fn finish(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let text = table.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// Returns a cell. The text of an error must not control the terminal.
fn cell(text: &str) -> Cell {
    Cell::new(text.replace(|c: char| c.is_control() && c != '\n', " "))
}

/// Returns the name of a handler without that of its service.
fn handler<'a>(subscription: &'a str, service: &str) -> &'a str {
    let own = subscription.strip_prefix(service);
    own.and_then(|rest| rest.strip_prefix(SEPARATOR))
        .unwrap_or(subscription)
}

/// Removes the fraction of the seconds of a timestamp.
fn seconds(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, rest)) => {
            let offset = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{seconds}{offset}")
        }
        None => time.to_owned(),
    }
}

fn position(letter: &DeadLetter) -> String {
    letter
        .position()
        .map_or_else(String::new, |position| format!("position {position}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_short() {
        assert_eq!(
            seconds("2026-01-31T09:30:00.123456Z"),
            "2026-01-31T09:30:00Z"
        );
        assert_eq!(
            seconds("2026-01-31T09:30:00+01:00"),
            "2026-01-31T09:30:00+01:00"
        );
        assert_eq!(cell("\u{1b}[2Jno\tprinter").content(), " [2Jno printer");
        assert_eq!(handler("billing--receipt", "billing"), "receipt");
        assert_eq!(handler("shop--receipt", "billing"), "shop--receipt");
    }
}
