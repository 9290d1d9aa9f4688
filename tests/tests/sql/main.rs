//! eventkit-sql, with SQLite and with PostgreSQL.

#![allow(clippy::duplicate_mod, reason = "the suite runs with each database")]

mod inboxes;
mod postgres;
mod sqlite;
