//! The model of an error type: its variants, each with a decision on the event.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Data, DeriveInput, Fields, Ident, Member, Meta, Type};

use super::attr::{self, Decision};
use crate::error_collector::ErrorCollector;
use crate::symbol;

/// A struct or a variant.
pub(super) struct Case {
    pub(super) pattern: TokenStream,
    /// The decision, or `None` if an error was reported.
    pub(super) decision: Option<Decision>,
    /// The type of the error that decides, if the case is transparent.
    pub(super) inner: Option<Type>,
}

/// Reads the cases of an error.
pub(super) fn read(errors: &ErrorCollector, input: &DeriveInput) -> Vec<Case> {
    match &input.data {
        Data::Struct(data) => {
            let path = quote!(Self);
            vec![Case::read(
                errors,
                &input.ident,
                &input.attrs,
                &data.fields,
                &path,
            )]
        }
        Data::Enum(data) => {
            for (attribute, _) in decisions(&ErrorCollector::default(), &input.attrs) {
                let name = match &attribute.meta {
                    // Including the arguments, because the name alone is ambiguous.
                    Meta::List(list) if list.path.is_ident(symbol::HANDLER_ERROR) => {
                        list.to_token_stream().to_string().replace(' ', "")
                    }
                    meta => meta.path().to_token_stream().to_string(),
                };
                let message =
                    format!("the decision belongs on each variant: move `#[{name}]` there");
                errors.add(attribute, message);
            }
            let variants = data.variants.iter().map(|variant| {
                let name = &variant.ident;
                attr::check_variant(errors, &variant.attrs);
                Case::read(
                    errors,
                    name,
                    &variant.attrs,
                    &variant.fields,
                    &quote!(Self::#name),
                )
            });
            variants.collect()
        }
        Data::Union(data) => {
            errors.add(
                data.union_token,
                "`HandlerError` can only be derived for structs and enums",
            );
            vec![Case {
                pattern: quote!(_),
                decision: None,
                inner: None,
            }]
        }
    }
}

impl Case {
    /// Reads the attributes of a struct or variant, which must have exactly one decision.
    fn read(
        errors: &ErrorCollector,
        name: &Ident,
        attributes: &[Attribute],
        fields: &Fields,
        path: &TokenStream,
    ) -> Self {
        let mut decisions = decisions(errors, attributes).into_iter();
        let decision = decisions.next().map(|(_, decision)| decision);
        if decision.is_none() {
            let help = "add `#[retry]`, `#[dead_letter]` or `#[drop]`";
            let message =
                format!("`{name}` does not decide what a service does with the event: {help}");
            errors.add(name, message);
        }
        for (attribute, _) in decisions {
            let message = format!("`{name}` already has a decision: remove one of the two");
            errors.add(attribute, message);
        }
        let held = matches!(decision, Some(Decision::Transparent))
            .then(|| held_error(errors, name, fields))
            .flatten();
        let Some((member, inner)) = held else {
            return Self {
                pattern: quote!(#path { .. }),
                decision: decision.filter(|own| !matches!(own, Decision::Transparent)),
                inner: None,
            };
        };
        Self {
            pattern: quote!(#path { #member: ref __eventkit_inner }),
            decision,
            inner: Some(inner.clone()),
        }
    }
}

/// Returns the only field.
fn held_error<'f>(
    errors: &ErrorCollector,
    name: &Ident,
    fields: &'f Fields,
) -> Option<(Member, &'f Type)> {
    let mut held = fields.members().zip(fields);
    match (held.next(), held.next()) {
        (Some((member, field)), None) => Some((member, &field.ty)),
        _ => errors.fail(
            name,
            format!("`{name}` is transparent, so it must contain exactly one field, the error"),
        ),
    }
}

fn decisions<'i>(
    errors: &ErrorCollector,
    attributes: &'i [Attribute],
) -> Vec<(&'i Attribute, Decision)> {
    let read = |attribute| Some((attribute, Decision::read(errors, attribute)?));
    attributes.iter().filter_map(read).collect()
}
