//! Known differences of other SDKs, each with its reason and weight.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;

use super::cell::{Cell, Direction, Mode, Sdk};

/// Weight of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Weight {
    /// The SDK breaks the specification, or changes what the event says.
    Defect,
    /// The SDK drops what the specification does not protect: offset or precision of a time.
    Loss,
    /// Binary mode cannot carry it: an empty body is empty data, or no data.
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

/// Difference of an SDK, and what it changes in which cells.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    pub(crate) sdk: Sdk,
    pub(crate) direction: Direction,
    pub(crate) weight: Weight,
    pub(crate) reason: String,
    /// What is found in place of what is right, by mode and case.
    found: BTreeMap<Mode, BTreeMap<String, String>>,
}

impl Difference {
    /// Returns what is found in a cell in place of what is right.
    pub(crate) fn found(&self, cell: &Cell) -> Option<&str> {
        let is_there = self.sdk == cell.sdk && self.direction == cell.direction;
        let found = is_there
            .then(|| self.found.get(&cell.mode)?.get(cell.case))
            .flatten();
        found.map(String::as_str)
    }

    /// Returns in how many cells it shows.
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
