//! The attributes that decide.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Meta, Path};

use crate::context::Context;
use crate::duration;
use crate::meta::{Entry, attribute_entries};

const RETRY: &str = "retry";
const DEAD_LETTER: &str = "dead_letter";
const DROP: &str = "drop";

/// What becomes of the event.
pub(super) enum Choice {
    Retry(Option<Duration>),
    DeadLetter,
    Drop,
}

impl Choice {
    /// Returns whether an attribute is one of ours.
    pub(super) fn is(attribute: &Attribute) -> bool {
        let path = attribute.path();
        [RETRY, DEAD_LETTER, DROP]
            .iter()
            .any(|name| path.is_ident(name))
    }

    /// Reads an attribute, or returns `None` where it is not one of ours.
    pub(super) fn read(cx: &Context, attribute: &Attribute) -> Option<Self> {
        let path = attribute.path();
        if path.is_ident(RETRY) {
            return Some(Self::Retry(after(cx, attribute)));
        }
        let choice = if path.is_ident(DEAD_LETTER) {
            Self::DeadLetter
        } else if path.is_ident(DROP) {
            Self::Drop
        } else {
            return None;
        };
        if !matches!(attribute.meta, Meta::Path(_)) {
            cx.error(&attribute.meta, "the attribute takes nothing");
        }
        Some(choice)
    }

    /// Writes the decision.
    pub(super) fn code(&self, krate: &Path) -> TokenStream {
        match self {
            Self::Retry(None) => {
                quote!(#krate::Decision::Retry { after: ::core::option::Option::None })
            }
            Self::Retry(Some(after)) => {
                let after = duration::code(*after);
                quote!(#krate::Decision::Retry { after: ::core::option::Option::Some(#after) })
            }
            Self::DeadLetter => quote!(#krate::Decision::DeadLetter),
            Self::Drop => quote!(#krate::Decision::Drop),
        }
    }
}

/// Reads `#[retry]` and `#[retry(after = "5s")]`.
fn after(cx: &Context, attribute: &Attribute) -> Option<Duration> {
    const EXAMPLE: &str = "#[retry(after = \"5s\")]";
    if let Meta::Path(_) = attribute.meta {
        return None;
    }
    let mut after = None;
    for entry in attribute_entries(cx, attribute, EXAMPLE) {
        match entry {
            Entry::Keyed(key, _) if key.name() != "after" => {
                let help = format!("the only key is `after`: write `{EXAMPLE}`");
                cx.error(&key, format!("unknown key `{}`: {help}", key.name()));
            }
            Entry::Keyed(key, _) if after.is_some() => cx.error(&key, "`after` is given twice"),
            Entry::Keyed(key, value) => after = duration::read(cx, &key, &value),
            Entry::Literal(literal) => cx.error(literal, format!("write `{EXAMPLE}`")),
        }
    }
    after
}
