//! The schema lock.

mod attribute_table;
mod attributes;
mod file;
mod rust_types;
mod schemas;
mod table;

use eventkit_catalog::{Lock, Mode};
use serde_json::{Value, json};

/// The type of the events.
const TYPE: &str = "co.outcome.test";

/// Returns a lock with one event type, of which only the data is known.
pub(crate) fn lock(data: &Value) -> Lock {
    of_contract(&json!({ "data": data }))
}

/// Returns a lock with one event type.
pub(crate) fn of_contract(contract: &Value) -> Lock {
    let file = json!({ "version": 1, "events": { TYPE: contract } });
    file.to_string().parse().unwrap()
}

/// Returns whether a change from one schema to another breaks nothing, in each mode.
pub(crate) fn verdicts(old: &Lock, new: &Lock) -> [bool; 3] {
    [Mode::Backward, Mode::Forward, Mode::Full].map(|mode| old.changes(new, mode).is_empty())
}

/// Returns the paths and messages of the changes in full mode.
pub(crate) fn problems(old: &Value, new: &Value) -> Vec<String> {
    let changes = lock(old).changes(&lock(new), Mode::Full);
    let lines = changes.iter();
    lines
        .map(|change| format!("{} {}: {}", change.direction, change.path, change.message))
        .collect()
}
