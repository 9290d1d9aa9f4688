//! Known differences of other SDKs, with their reason and severity.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;

use super::cell::{Cell, Direction, Mode, Sdk};

/// The severity of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Weight {
    /// The SDK violates the specification, or changes the event.
    Defect,
    /// The SDK drops the offset or precision of a time, which the specification does not protect.
    Loss,
    /// Binary mode cannot represent it: an empty body is empty data or no data.
    Limit,
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Defect => "defect",
            Self::Loss => "loss",
            Self::Limit => "limit",
        })
    }
}

/// A difference of an SDK, and its effect in each cell.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    pub(crate) sdk: Sdk,
    pub(crate) direction: Direction,
    pub(crate) weight: Weight,
    pub(crate) reason: String,
    /// The wrong results by mode and case.
    found: BTreeMap<Mode, BTreeMap<String, String>>,
}

impl Difference {
    /// Returns the wrong result in a cell.
    pub(crate) fn found(&self, cell: &Cell) -> Option<&str> {
        let is_there = self.sdk == cell.sdk && self.direction == cell.direction;
        let found = is_there
            .then(|| self.found.get(&cell.mode)?.get(cell.case))
            .flatten();
        found.map(String::as_str)
    }

    /// Returns the number of cells with the difference.
    pub(crate) fn cells(&self) -> usize {
        self.found.values().map(BTreeMap::len).sum()
    }
}

/// Returns all known differences.
pub(crate) fn all() -> Vec<Difference> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/known_differences.json");
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
