//! Attributes on the type and its variants.

use std::slice;

use syn::{Attribute, Meta, Path};

use crate::error_collector::ErrorCollector;
use crate::meta::{attribute_entries, known_keys};
use crate::symbol;
use crate::value::{self, DurationLit};

/// Decision on the event, made by an attribute.
pub(super) enum Decision {
    Retry(Option<DurationLit>),
    DeadLetter,
    Drop,
}

impl Decision {
    /// Reads an attribute, or returns `None` if it is not a decision.
    pub(super) fn read(errors: &ErrorCollector, attribute: &Attribute) -> Option<Self> {
        let path = attribute.path();
        if path.is_ident(symbol::RETRY) {
            return Some(Self::Retry(delay(errors, attribute)));
        }
        let decision = if path.is_ident(symbol::DEAD_LETTER) {
            Self::DeadLetter
        } else if path.is_ident(symbol::DROP) {
            Self::Drop
        } else {
            return None;
        };
        if !matches!(attribute.meta, Meta::Path(_)) {
            errors.add(&attribute.meta, "the attribute takes nothing");
        }
        Some(decision)
    }
}

/// Reads `#[retry]` and `#[retry(after = "5s")]`.
fn delay(errors: &ErrorCollector, attribute: &Attribute) -> Option<DurationLit> {
    const EXAMPLE: &str = "#[retry(after = \"5s\")]";
    if let Meta::Path(_) = attribute.meta {
        return None;
    }
    let attribute = slice::from_ref(attribute);
    let entries = attribute_entries(errors, attribute, symbol::RETRY, EXAMPLE);
    let given = known_keys(errors, entries, &[symbol::AFTER], EXAMPLE);
    let (key, value) = given.first()?;
    DurationLit::read(errors, key, value)
}

/// Reads `#[handler_error(crate = path)]`.
pub(super) fn crate_path(errors: &ErrorCollector, attributes: &[Attribute]) -> Path {
    const EXAMPLE: &str = "#[handler_error(crate = path)]";
    let entries = attribute_entries(errors, attributes, symbol::HANDLER_ERROR, EXAMPLE);
    let given = known_keys(errors, entries, &[symbol::CRATE], EXAMPLE);
    let path = given
        .first()
        .and_then(|(key, value)| value::crate_path(errors, key, value));
    path.unwrap_or_else(value::default_crate_path)
}
