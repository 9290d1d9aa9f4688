//! Locks: the contracts of event types as a file, and the check of changes to them.

mod attributes;
mod change;
mod compare;
mod contract;
mod duplicates;
mod error;
mod file;
mod mode;
mod normal;

use std::collections::BTreeMap;
use std::path::Path;

pub use self::change::Change;
pub use self::error::LockError;
pub use self::mode::{Direction, Mode};

use self::contract::Contract;
use crate::catalog::Catalog;

/// The contracts of event types: their attributes, and the schema of their data.
///
/// [`Catalog::check_lock`] compares the contracts of a program with a file.
///
/// ```
/// use eventkit_catalog::{Lock, Mode};
///
/// let old: Lock = r#"{
///   "version": 1,
///   "events": {
///     "co.outcome.order.placed": {
///       "data": { "type": "object", "properties": { "total": { "type": "integer" } } }
///     }
///   }
/// }"#.parse()?;
/// let new: Lock = old.to_string().replace("integer", "number").parse()?;
/// // Readers of numbers accept integers, but not the other way around.
/// assert!(old.changes(&new, Mode::Backward).is_empty());
/// assert_eq!(old.changes(&new, Mode::Forward)[0].path, "data.total");
/// # Ok::<(), eventkit_catalog::LockError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    events: BTreeMap<String, Contract>,
}

impl Lock {
    /// Returns the lock of the event types of a catalog that have a schema.
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let events = catalog.events().iter();
        let contracts = events.filter_map(|event| Some((event.ty.clone(), Contract::of(event)?)));
        Self {
            events: contracts.collect(),
        }
    }

    /// Returns the event types.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.events.keys().map(String::as_str)
    }

    /// Returns the incompatible changes from this lock to a newer one.
    #[must_use]
    pub fn changes(&self, newer: &Self, mode: Mode) -> Vec<Change> {
        let mut changes = Vec::new();
        for (ty, old) in &self.events {
            match newer.events.get(ty) {
                Some(new) => changes.extend(contract::changes(ty, old, new, mode)),
                None => changes.push(self.removal(ty, old, newer, mode)),
            }
        }
        changes
    }

    /// Returns the change for an event type that the newer lock does not have.
    fn removal(&self, ty: &str, old: &Contract, newer: &Self, mode: Mode) -> Change {
        let mut added = newer
            .events
            .iter()
            .filter(|(ty, _)| !self.events.contains_key(*ty));
        let renamed = added.find(|(_, new)| *new == old);
        let message = match renamed {
            Some((new, _)) => format!("the event type was renamed to {new:?}"),
            None => "the event type was removed".to_owned(),
        };
        Change::of_event(ty, mode.first_direction(), message)
    }

    pub(crate) fn check_file(&self, path: &Path, mode: Mode) -> Result<(), LockError> {
        file::check(self, path, mode)
    }
}
