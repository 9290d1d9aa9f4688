//! Inboxes for services of [eventkit](eventkit) in a database.
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `sqlite` | yes | `SqliteInbox`, an inbox in a file of `SQLite` |

#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteInbox, SqliteInboxError};
