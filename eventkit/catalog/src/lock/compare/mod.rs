//! Comparison of two schemas: whether a reader accepts all that a writer writes.
//!
//! A writer writes only the properties that its schema declares, because the schema describes a Rust type.
//! A reader ignores other properties, unless `additionalProperties` refuses them.

mod accepts;
mod alternatives;
mod array;
mod bounds;
mod comparison;
mod definitions;
mod difference;
mod keywords;
mod merge;
mod object;
mod scalar;

use serde_json::Value;

pub(super) use self::difference::Difference;

use self::comparison::Comparison;
use self::difference::Compare;

/// Returns why a reader does not accept all data that a writer writes.
pub(super) fn compare(written: &Value, read: &Value) -> Vec<Difference> {
    compare_at("data", written, read)
}

/// Returns why a reader does not accept all values that a writer writes, with paths that start with `path`.
pub(super) fn compare_at(path: &str, written: &Value, read: &Value) -> Vec<Difference> {
    let mut differences = Comparison::new(written, read).check(path, written, read);
    let mut seen = Vec::new();
    differences.retain(|difference| {
        let is_new = !seen.contains(difference);
        if is_new {
            seen.push(difference.clone());
        }
        is_new
    });
    differences
}
