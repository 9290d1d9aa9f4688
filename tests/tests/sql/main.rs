//! eventkit-sql with SQLite and with PostgreSQL.

#![expect(
    clippy::duplicate_mod,
    reason = "the same tests are compiled for each database"
)]

mod inboxes;
mod postgres;
mod processes;
mod recorded;
mod sqlite;
