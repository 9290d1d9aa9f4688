//! The attributes on the type and its variants.

use std::slice;

use syn::{Attribute, Ident, Meta, Path};

use crate::error_collector::ErrorCollector;
use crate::meta::{attribute_entries, known_keys};
use crate::symbol;
use crate::value::{self, DurationLit};

/// The decision that an attribute makes on the event.
pub(super) enum Decision {
    Retry(Option<DurationLit>),
    DeadLetter,
    Drop,
    /// The decision of the error in the only field.
    Transparent,
}

impl Decision {
    /// Reads an attribute, or returns `None` if it makes no decision.
    pub(super) fn read(errors: &ErrorCollector, attribute: &Attribute) -> Option<Self> {
        let path = attribute.path();
        if path.is_ident(symbol::RETRY) {
            return Some(Self::Retry(delay(errors, attribute)));
        }
        if path.is_ident(symbol::HANDLER_ERROR) {
            return is_transparent(attribute).then_some(Self::Transparent);
        }
        let decision = if path.is_ident(symbol::DEAD_LETTER) {
            Self::DeadLetter
        } else if path.is_ident(symbol::DROP) {
            Self::Drop
        } else {
            return None;
        };
        if !matches!(attribute.meta, Meta::Path(_)) {
            errors.add(&attribute.meta, "the attribute takes no arguments");
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

/// Returns whether an attribute is `#[handler_error(transparent)]`.
fn is_transparent(attribute: &Attribute) -> bool {
    let argument = attribute.parse_args::<Ident>();
    argument.is_ok_and(|argument| argument == symbol::TRANSPARENT)
}

/// Reads `#[handler_error(crate = path)]` on the type.
pub(super) fn crate_path(errors: &ErrorCollector, attributes: &[Attribute]) -> Path {
    const EXAMPLE: &str = "#[handler_error(crate = path)]";
    let others = attributes.iter().filter(|own| !is_transparent(own));
    let others: Vec<Attribute> = others.cloned().collect();
    let entries = attribute_entries(errors, &others, symbol::HANDLER_ERROR, EXAMPLE);
    let given = known_keys(errors, entries, &[symbol::CRATE], EXAMPLE);
    let path = given
        .first()
        .and_then(|(key, value)| value::crate_path(errors, key, value));
    path.unwrap_or_else(value::default_crate_path)
}

/// Reports a `#[handler_error(..)]` on a variant that is not `transparent`.
pub(super) fn check_variant(errors: &ErrorCollector, attributes: &[Attribute]) {
    let own = attributes
        .iter()
        .filter(|own| own.path().is_ident(symbol::HANDLER_ERROR));
    for attribute in own.filter(|own| !is_transparent(own)) {
        let message = "expected `#[handler_error(transparent)]`, which leaves the decision to the \
                       error in the variant";
        errors.add(&attribute.meta, message);
    }
}
