//! eventkit-sql, with SQLite and with PostgreSQL.

mod inboxes;
mod postgres;
mod sqlite;
