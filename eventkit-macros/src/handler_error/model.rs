//! Model of the error: its cases, each with a decision on the event.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Data, DeriveInput, Ident};

use super::attr::Decision;
use crate::error_collector::ErrorCollector;

/// Struct or variant.
pub(super) struct Case {
    pub(super) pattern: TokenStream,
    /// The decision, or `None` if an error has been reported.
    pub(super) decision: Option<Decision>,
}

/// Reads the cases of an error.
pub(super) fn read(errors: &ErrorCollector, input: &DeriveInput) -> Vec<Case> {
    match &input.data {
        Data::Struct(_) => {
            let pattern = quote!(Self { .. });
            vec![Case::read(errors, &input.ident, &input.attrs, pattern)]
        }
        Data::Enum(data) => {
            for (attribute, _) in decisions(&ErrorCollector::default(), &input.attrs) {
                let name = attribute.path().to_token_stream();
                let message = format!("each variant decides for itself: put `#[{name}]` on them");
                errors.add(attribute, message);
            }
            let variants = data.variants.iter().map(|variant| {
                let name = &variant.ident;
                Case::read(errors, name, &variant.attrs, quote!(Self::#name { .. }))
            });
            variants.collect()
        }
        Data::Union(data) => {
            errors.add(data.union_token, "an error is a struct or an enum");
            vec![Case {
                pattern: quote!(_),
                decision: None,
            }]
        }
    }
}

impl Case {
    /// Reads the attributes of a struct or variant, which has exactly one decision.
    fn read(
        errors: &ErrorCollector,
        name: &Ident,
        attributes: &[Attribute],
        pattern: TokenStream,
    ) -> Self {
        let mut decisions = decisions(errors, attributes).into_iter();
        let decision = decisions.next().map(|(_, decision)| decision);
        if decision.is_none() {
            let help = "add `#[retry]`, `#[dead_letter]` or `#[drop]`";
            let message =
                format!("`{name}` does not declare how a service treats the event: {help}");
            errors.add(name, message);
        }
        for (attribute, _) in decisions {
            let message = format!("`{name}` has decided already: leave one of the two");
            errors.add(attribute, message);
        }
        Self { pattern, decision }
    }
}

fn decisions<'i>(
    errors: &ErrorCollector,
    attributes: &'i [Attribute],
) -> Vec<(&'i Attribute, Decision)> {
    let read = |attribute| Some((attribute, Decision::read(errors, attribute)?));
    attributes.iter().filter_map(read).collect()
}
