#![doc = include_str!("../docs/guide.md")]

#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub use self::sqlite::{SqliteInbox, SqliteInboxError};
