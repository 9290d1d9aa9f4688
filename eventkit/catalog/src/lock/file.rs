//! Lock files.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{self, AtomicU32};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::attributes::LockedAttribute;
use super::contract::Contract;
use super::duplicates::NoDuplicates;
use super::error::LockError;
use super::mode::Mode;
use super::{Lock, normal};

/// The version of the form of lock files.
const VERSION: u32 = 1;

/// The environment variable that asks to write the file.
const VARIABLE: &str = "EVENTKIT_LOCK";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    events: BTreeMap<String, Contract>,
}

/// The version of a file, which may have a later form.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl fmt::Display for Lock {
    /// Writes the text of the lock file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = File {
            version: VERSION,
            events: self.events.clone(),
        };
        let value = serde_json::to_value(file).map_err(|_| fmt::Error)?;
        writeln!(f, "{:#}", normal::sorted(value))
    }
}

impl FromStr for Lock {
    type Err = LockError;

    fn from_str(text: &str) -> Result<Self, LockError> {
        let NoDuplicates = parse(text)?;
        let Version { version } = parse(text)?;
        match version.cmp(&VERSION) {
            Ordering::Greater => {
                let known = VERSION;
                return Err(LockError::Newer { version, known });
            }
            Ordering::Less => {
                let reason = format!("its version is {version}, expected {VERSION}");
                return Err(LockError::Malformed { reason });
            }
            Ordering::Equal => {}
        }
        let file: File = parse(text)?;
        for (ty, contract) in &file.events {
            let mut attributes = contract.attributes.iter();
            if let Some((name, _)) =
                attributes.find(|(_, value)| LockedAttribute::parse(value).is_none())
            {
                let reason = format!("the attribute {name:?} of {ty:?} has an unknown form");
                return Err(LockError::Malformed { reason });
            }
        }
        let events = file.events.into_iter();
        Ok(Self {
            events: events
                .map(|(ty, contract)| (ty, contract.normalized()))
                .collect(),
        })
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, LockError> {
    serde_json::from_str(text).map_err(|error| LockError::Malformed {
        reason: error.to_string(),
    })
}

/// Checks the current lock against a file, or writes the file if the environment asks for it.
pub(super) fn check(current: &Lock, path: &Path, mode: Mode) -> Result<(), LockError> {
    match std::env::var_os(VARIABLE) {
        None => check_file(current, path, mode),
        Some(value) if value.is_empty() => check_file(current, path, mode),
        Some(value) if value == "update" => update(current, path, mode),
        Some(value) => Err(LockError::UnknownAction {
            value: value.to_string_lossy().into_owned(),
        }),
    }
}

fn check_file(current: &Lock, path: &Path, mode: Mode) -> Result<(), LockError> {
    let Some(locked) = read(path)? else {
        return Err(LockError::Missing {
            path: path.to_owned(),
        });
    };
    let changes = locked.changes(current, mode);
    if !changes.is_empty() {
        return Err(LockError::Incompatible {
            path: path.to_owned(),
            mode,
            changes,
        });
    }
    let differing = current
        .events
        .iter()
        .filter(|(ty, contract)| locked.events.get(*ty) != Some(contract));
    let types: Vec<String> = differing.map(|(ty, _)| ty.clone()).collect();
    if types.is_empty() {
        return Ok(());
    }
    Err(LockError::Outdated {
        path: path.to_owned(),
        types,
    })
}

/// Writes the file, and prints the incompatible changes that this accepts.
fn update(current: &Lock, path: &Path, mode: Mode) -> Result<(), LockError> {
    let locked = match read(path) {
        Err(error @ LockError::NewerFile { .. }) => return Err(error),
        // A malformed file is replaced.
        locked => locked.ok().flatten(),
    };
    let changes = locked
        .map(|locked| locked.changes(current, mode))
        .unwrap_or_default();
    for change in &changes {
        eprintln!(
            "{}: accepted an incompatible change: {change}",
            path.display()
        );
    }
    write(path, &current.to_string()).map_err(|source| LockError::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

/// Reads a file, or returns `None` if it does not exist.
fn read(path: &Path) -> Result<Option<Lock>, LockError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(LockError::File {
                action: "read",
                path: path.to_owned(),
                source,
            });
        }
    };
    match text.parse() {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Malformed { reason }) => Err(LockError::MalformedFile {
            path: path.to_owned(),
            reason,
        }),
        Err(LockError::Newer { version, known }) => Err(LockError::NewerFile {
            path: path.to_owned(),
            version,
            known,
        }),
        Err(error) => Err(error),
    }
}

/// Replaces a file, so that a reader finds either the old or the new content. An unchanged file is left
/// alone, and of a symbolic link its target is replaced.
fn write(path: &Path, text: &str) -> io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut temporary = OsString::from(&path);
    // Tests of one process may write the same file at the same time.
    let number = COUNT.fetch_add(1, atomic::Ordering::Relaxed);
    temporary.push(format!(".{}-{number}.tmp", std::process::id()));
    let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}
