//! Schema names, and the statements on eventkit's tables.

use std::sync::Arc;

use sqlx::AssertSqlSafe;

use crate::error::{SqlError, SqlErrorKind};

/// The maximum length of a schema name: the names of tables and indexes that contain it must fit
/// into PostgreSQL's limit of 63 bytes.
const MAX_SCHEMA_LEN: usize = 40;

/// A schema name that needs no quotes: a lower-case letter or `_`, followed by lower-case letters,
/// digits and `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema(Arc<str>);

impl Schema {
    pub(crate) fn new(name: &str) -> Result<Self, SqlError> {
        let is_first = |c: char| c.is_ascii_lowercase() || c == '_';
        let is_other = |c: char| is_first(c) || c.is_ascii_digit();
        let is_valid = name.starts_with(is_first) && name.chars().all(is_other);
        if !is_valid || name.len() > MAX_SCHEMA_LEN {
            return Err(SqlErrorKind::SchemaName(name.to_owned()).into());
        }
        Ok(Self(name.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Schema {
    fn default() -> Self {
        Self("eventkit".into())
    }
}

/// The parts of the SQL that differ between the databases.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// The prefix of table names.
    pub(crate) prefix: String,
    /// An expression for the current time of the database's clock, in milliseconds since 1970.
    pub(crate) now: &'static str,
    /// The same, evaluated once per statement, so that an index can be used for comparisons with
    /// it.
    pub(crate) fixed_now: &'static str,
    /// The condition under which a unit of work may claim an event; `$5` is the number of its lock.
    pub(crate) claim_condition: &'static str,
    /// An expression for the number of the current transaction.
    pub(crate) transaction: &'static str,
    /// The condition that a position is in the list `$1`.
    pub(crate) in_positions: &'static str,
    /// The events in `$1` as rows, in order, with the column `value`.
    pub(crate) events: &'static str,
}

/// A statement that consists only of text from this crate and the schema name.
#[derive(Debug, Clone)]
pub struct Statement(Arc<str>);

impl Statement {
    pub(crate) fn new(text: String) -> Self {
        Self(text.into())
    }

    pub(crate) fn sql(&self) -> AssertSqlSafe<Arc<str>> {
        AssertSqlSafe(Arc::clone(&self.0))
    }
}

/// The statements on the tables of a schema. Times are in milliseconds of the database's clock.
#[derive(Debug)]
pub struct Statements {
    pub(crate) version: Statement,
    pub(crate) begin_unit: Statement,
    pub(crate) claim: Statement,
    pub(crate) is_completed: Statement,
    pub(crate) renew: Statement,
    pub(crate) complete: Statement,
    pub(crate) release: Statement,
    pub(crate) delete_expired: Statement,
    pub(crate) store: Statement,
    pub(crate) store_all: Statement,
    pub(crate) schedule_in: Statement,
    pub(crate) schedule_at: Statement,
    pub(crate) cancel: Statement,
    pub(crate) lead: Statement,
    pub(crate) resign: Statement,
    pub(crate) due: Statement,
    pub(crate) next_due: Statement,
    pub(crate) take: Statement,
    pub(crate) mark: Statement,
    pub(crate) postpone: Statement,
    pub(crate) delete_published: Statement,
    pub(crate) backlog: Statement,
}

impl Statements {
    pub(crate) fn new(dialect: &Dialect) -> Self {
        let Dialect {
            prefix,
            now,
            fixed_now,
            claim_condition,
            transaction,
            in_positions,
            events,
        } = dialect;
        let statement = Statement::new;
        let inbox = format!("{prefix}inbox");
        let outbox = format!("{prefix}outbox");
        let relay = format!("{prefix}relay");
        Self {
            version: statement(format!(
                "SELECT CAST(max(version) AS bigint) FROM {prefix}migrations"
            )),
            begin_unit: statement(format!(
                "INSERT INTO {inbox} AS inbox (key, source, id, subscription, completed_at)
                 SELECT $1, $2, $3, $4, {now} WHERE {claim_condition}
                 ON CONFLICT (key) DO UPDATE SET completed_at = excluded.completed_at
                     WHERE inbox.completed_at IS NULL AND inbox.leased_until <= {now}
                 RETURNING {transaction}"
            )),
            claim: statement(format!(
                "INSERT INTO {inbox} AS inbox (key, source, id, subscription, token, leased_until)
                 VALUES ($1, $2, $3, $4, $5, {now} + $6)
                 ON CONFLICT (key) DO UPDATE SET token = excluded.token,
                         leased_until = excluded.leased_until, completed_at = NULL
                     WHERE CASE WHEN inbox.completed_at IS NULL THEN inbox.leased_until <= {now}
                         ELSE inbox.completed_at <= {now} - $7 END
                 RETURNING 1"
            )),
            is_completed: statement(format!(
                "SELECT completed_at IS NOT NULL FROM {inbox} WHERE key = $1"
            )),
            renew: statement(format!(
                "UPDATE {inbox} SET leased_until = {now} + $3
                 WHERE key = $1 AND token = $2 AND completed_at IS NULL"
            )),
            complete: statement(format!(
                "INSERT INTO {inbox} (key, source, id, subscription, completed_at)
                 VALUES ($1, $2, $3, $4, {now})
                 ON CONFLICT (key) DO UPDATE SET completed_at = excluded.completed_at"
            )),
            release: statement(format!(
                "DELETE FROM {inbox} WHERE key = $1 AND token = $2 AND completed_at IS NULL"
            )),
            delete_expired: statement(format!(
                "DELETE FROM {inbox} WHERE key IN (SELECT key FROM {inbox}
                     WHERE coalesce(completed_at, leased_until) <= {fixed_now} - $1
                     ORDER BY coalesce(completed_at, leased_until) LIMIT $2)"
            )),
            store: statement(format!(
                "INSERT INTO {outbox} (event, due) VALUES ($1, {now})"
            )),
            store_all: statement(format!(
                "INSERT INTO {outbox} (event, due) SELECT value, {now} FROM {events}"
            )),
            schedule_in: statement(schedule(&outbox, &format!("{now} + $3"))),
            schedule_at: statement(schedule(&outbox, "$3")),
            cancel: statement(format!(
                "DELETE FROM {outbox} WHERE key = $1 AND published_at IS NULL"
            )),
            lead: statement(format!(
                // The row is missing if an operator emptied the tables. A lease that ends later
                // than one acquired now is left over from before the clock was set back.
                "INSERT INTO {relay} AS relay (row, token, leased_until) VALUES (1, $1, {now} + $2)
                 ON CONFLICT (row) DO UPDATE SET token = excluded.token,
                         leased_until = excluded.leased_until
                     WHERE relay.token = excluded.token OR relay.leased_until <= {now}
                         OR relay.leased_until > {now} + $2"
            )),
            resign: statement(format!(
                "UPDATE {relay} SET leased_until = 0 WHERE token = $1"
            )),
            due: statement(format!(
                "SELECT position, event, key IS NOT NULL FROM {outbox} WHERE published_at IS NULL AND due <= {fixed_now}
                 ORDER BY due, position LIMIT $1"
            )),
            next_due: statement(format!(
                "SELECT min(due) - {now} FROM {outbox} WHERE published_at IS NULL"
            )),
            // From here on, the event can no longer be cancelled.
            take: statement(format!(
                "UPDATE {outbox} SET key = NULL
                 WHERE position = $1 AND key IS NOT NULL AND due <= {now} RETURNING event"
            )),
            mark: statement(format!(
                "UPDATE {outbox} SET published_at = {now} WHERE position {in_positions}"
            )),
            postpone: statement(format!(
                "UPDATE {outbox} SET due = {now} + $2, error = $3 WHERE position = $1"
            )),
            delete_published: statement(format!(
                "DELETE FROM {outbox} WHERE position IN (SELECT position FROM {outbox}
                     WHERE published_at <= {fixed_now} - $1 ORDER BY published_at LIMIT $2)"
            )),
            backlog: statement(format!(
                "SELECT count(*), coalesce({now} - min(due), 0) FROM {outbox}
                 WHERE published_at IS NULL AND due <= {fixed_now}"
            )),
        }
    }
}

/// Returns the statement that stores an event for later, replacing one with the same key.
fn schedule(outbox: &str, due: &str) -> String {
    format!(
        "INSERT INTO {outbox} (event, key, due) VALUES ($1, $2, {due})
         ON CONFLICT (key) DO UPDATE SET event = excluded.event, due = excluded.due, error = NULL"
    )
}
