//! The statements that execute many operations of an inbox at once.

use crate::schema::Statement;
use crate::value::Value;

/// The number of operations that one statement executes at most.
pub(crate) const MAX_ROWS: usize = 64;

/// Statements on many entries of an inbox.
///
/// Each has a form for 1 row, for 2, for 4 and so on, so that it stays prepared; rows of `NULL` fill it up.
#[derive(Debug)]
pub struct BatchStatements {
    /// Grants and completes; a row is an entry with the token and the lease of a claim, or with `NULL`. The last
    /// parameter is the window.
    pub(crate) settle: Forms<6>,
    /// Renews; a row has a key, a token and a lease.
    pub(crate) renew: Forms<3>,
    /// Releases; a row has a key and a token.
    pub(crate) release: Forms<2>,
    /// Reads what became of operations; a row has a key and a number, and the result that number, the token of
    /// the entry, and whether it is completed.
    pub(crate) read: Forms<2>,
}

/// The forms of a statement whose rows have some columns.
#[derive(Debug)]
pub(crate) struct Forms<const COLUMNS: usize>(Vec<Statement>);

impl<const COLUMNS: usize> Forms<COLUMNS> {
    #[cfg(feature = "sqlite")]
    fn new(text: impl Fn(&str) -> String) -> Self {
        // Without numbers: for each parameter that has one, its name would be searched.
        let row = format!("({})", ["?"; COLUMNS].join(", "));
        let counts = (0..=MAX_ROWS.ilog2()).map(|exponent| 1 << exponent);
        let forms = counts.map(|count| {
            let rows = vec![&*row; count].join(", ");
            Statement::new(text(&format!("(VALUES {rows})")))
        });
        Self(forms.collect())
    }

    /// Returns the form for at most [`MAX_ROWS`] rows, and its values.
    pub(crate) fn fill<'v>(&self, rows: &[[Value<'v>; COLUMNS]]) -> (&Statement, Vec<Value<'v>>) {
        let count = rows.len().next_power_of_two();
        let mut values = Vec::with_capacity(count * COLUMNS + 1);
        values.extend_from_slice(rows.as_flattened());
        values.resize(count * COLUMNS, Value::Null);
        (&self.0[count.ilog2() as usize], values)
    }
}

impl BatchStatements {
    /// Returns the statements in SQLite, in which one statement may change an entry more than once.
    #[cfg(feature = "sqlite")]
    pub(crate) fn new(prefix: &str, now: &str) -> Self {
        let inbox = format!("{prefix}inbox");
        Self {
            settle: Forms::new(|rows| {
                format!(
                    "INSERT INTO {inbox} AS inbox
                         (key, source, id, subscription, token, leased_until, completed_at)
                     SELECT column1, column2, column3, column4, column5, {now} + column6,
                         CASE WHEN column6 IS NULL THEN {now} END
                     FROM {rows} WHERE column1 IS NOT NULL
                     ON CONFLICT (key) DO UPDATE SET token = excluded.token,
                             leased_until = excluded.leased_until,
                             completed_at = excluded.completed_at
                         WHERE excluded.completed_at IS NOT NULL
                             OR CASE WHEN inbox.completed_at IS NULL THEN inbox.leased_until <= {now}
                                 ELSE inbox.completed_at <= {now} - ? END"
                )
            }),
            renew: Forms::new(|rows| {
                format!(
                    "UPDATE {inbox} AS inbox SET leased_until = {now} + column3 FROM {rows}
                     WHERE key = column1 AND token = column2 AND completed_at IS NULL"
                )
            }),
            // A cross join, so that the entries are found by their keys.
            release: Forms::new(|rows| {
                format!(
                    "DELETE FROM {inbox} WHERE key IN (
                         SELECT key FROM {rows} CROSS JOIN {inbox} ON key = column1
                         WHERE token = column2 AND completed_at IS NULL)"
                )
            }),
            read: Forms::new(|rows| {
                format!(
                    "SELECT column2, token, completed_at IS NOT NULL
                     FROM {rows} CROSS JOIN {inbox} ON key = column1"
                )
            }),
        }
    }
}
