//! Attributes on the type and its variants.

use syn::{Attribute, Meta, Path};

use crate::error_collector::ErrorCollector;
use crate::meta::{Entry, attribute_entries};
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
    let mut delay = None;
    for entry in attribute_entries(errors, attribute, EXAMPLE) {
        match entry {
            Entry::Keyed(key, _) if key.name() != symbol::AFTER => {
                let help = format!("the only key is `after`: write `{EXAMPLE}`");
                errors.add(&key, format!("unknown key `{}`: {help}", key.name()));
            }
            Entry::Keyed(key, _) if delay.is_some() => errors.add(&key, "`after` is given twice"),
            Entry::Keyed(key, value) => delay = DurationLit::read(errors, &key, &value),
            Entry::Literal(literal) => errors.add(literal, format!("write `{EXAMPLE}`")),
        }
    }
    delay
}

/// Reads `#[handler_error(crate = path)]`.
pub(super) fn crate_path(errors: &ErrorCollector, attributes: &[Attribute]) -> Path {
    let mut path = value::default_crate_path();
    let own = |attribute: &&Attribute| attribute.path().is_ident(symbol::HANDLER_ERROR);
    for attribute in attributes.iter().filter(own) {
        for entry in attribute_entries(errors, attribute, "#[handler_error(crate = path)]") {
            match entry {
                Entry::Keyed(key, value) if key.name() == symbol::CRATE => {
                    path = value::crate_path(errors, &key, &value).unwrap_or(path);
                }
                Entry::Keyed(key, _) => errors.add(key, "the only key is `crate`"),
                Entry::Literal(literal) => errors.add(literal, "the only key is `crate`"),
            }
        }
    }
    path
}
