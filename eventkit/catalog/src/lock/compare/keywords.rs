//! Keywords of JSON Schema that are not evaluated.

use super::merge;

/// Keywords that are compared only for equality.
pub(super) const OPAQUE: [&str; 10] = [
    "contains",
    "dependencies",
    "else",
    "if",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    merge::CONFLICT,
];
