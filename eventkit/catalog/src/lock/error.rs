//! Errors of locks.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::change::Change;
use super::mode::Mode;

/// Advice that ends errors: how to record the current contracts.
const UPDATE: &str = "run the test with EVENTKIT_LOCK=update, and commit the file";

/// The error of a check of a lock file. Its text says what to do.
///
/// ```
/// use eventkit_catalog::{Catalog, LockError};
///
/// let catalog = Catalog::builder("Shop", "1.0.0").build()?;
/// let error = catalog.check_lock("/nowhere/events.lock.json").unwrap_err();
/// assert!(matches!(error, LockError::Missing { .. }));
/// assert!(error.to_string().contains("EVENTKIT_LOCK=update"));
/// # Ok::<(), eventkit_catalog::CatalogError>(())
/// ```
#[derive(Error)]
#[non_exhaustive]
pub enum LockError {
    /// Changes break readers or senders.
    #[error("{}", incompatible(path, *mode, changes))]
    #[non_exhaustive]
    Incompatible {
        /// The path of the file.
        path: PathBuf,
        /// The mode.
        mode: Mode,
        /// The changes.
        changes: Vec<Change>,
    },
    /// The contracts changed compatibly, and the file does not have the changes.
    #[error("{} is out of date: {} changed compatibly; {UPDATE}", path.display(), types.join(", "))]
    #[non_exhaustive]
    Outdated {
        /// The path of the file.
        path: PathBuf,
        /// The event types that were added or changed.
        types: Vec<String>,
    },
    /// The file does not exist.
    #[error("{} does not exist: to create it, {UPDATE}", path.display())]
    #[non_exhaustive]
    Missing {
        /// The path of the file.
        path: PathBuf,
    },
    /// The text is not a lock.
    #[error("the lock is malformed: {reason}")]
    #[non_exhaustive]
    Malformed {
        /// The reason.
        reason: String,
    },
    /// The file is not a lock.
    #[error("{} is not a lock: {reason}; restore it from version control, or {UPDATE}", path.display())]
    #[non_exhaustive]
    MalformedFile {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The text is a lock of a later version of this crate.
    #[error(
        "the lock has version {version}, and this version of eventkit-catalog knows {known}: update it"
    )]
    #[non_exhaustive]
    Newer {
        /// The version of the form of the lock.
        version: u32,
        /// The latest version that is known.
        known: u32,
    },
    /// The file was written by a later version of this crate.
    #[error("{} has version {version}, and this version of eventkit-catalog knows {known}: update it, or restore the file from version control", path.display())]
    #[non_exhaustive]
    NewerFile {
        /// The path of the file.
        path: PathBuf,
        /// The version of the form of the file.
        version: u32,
        /// The latest version that is known.
        known: u32,
    },
    /// The variable has an unknown value.
    #[error("EVENTKIT_LOCK is {value:?}: the only value is `update`, which writes the file")]
    #[non_exhaustive]
    UnknownAction {
        /// The value.
        value: String,
    },
    /// The file cannot be read or written.
    #[error("failed to {action} {}", path.display())]
    #[non_exhaustive]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The path of the file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl fmt::Debug for LockError {
    /// Writes the text of the error, so that a test which fails with it shows the changes as lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self {
            Self::File { source, .. } => write!(f, ": {source}"),
            _ => Ok(()),
        }
    }
}

fn incompatible(path: &std::path::Path, mode: Mode, changes: &[Change]) -> String {
    let count = match changes.len() {
        1 => "1 change is".to_owned(),
        many => format!("{many} changes are"),
    };
    let lines = changes.iter().map(|change| format!("\n  {change}"));
    let lines: String = lines.collect();
    let path = path.display();
    format!(
        "{count} incompatible with {path} (mode: {mode})\n{lines}\n\n  \
        Undo the change, make it compatible with a default or an `Option`, or give the changed event a new \
        type.\n  If no other program and no stored event depends on it, {UPDATE}."
    )
}
