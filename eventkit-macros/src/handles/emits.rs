//! Events that a handler emits: those of its return type, and `emits(..)`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{GenericArgument, LitStr, Token, Type};

use crate::error_collector::ErrorCollector;
use crate::meta::{Key, Value};
use crate::span::respanned;
use crate::{rule, ty, value};

const EXPECTED: &str = "write the events that the handler emits: `emits(OrderShipped, OrderPaid)`";

/// Set of event types that a handler emits.
pub(super) enum EmittedSet {
    /// An event type without a Rust type.
    Literal(LitStr),
    /// An event type, or an enum of them.
    Type(Box<Type>),
}

impl EmittedSet {
    /// Reads `emits(OrderShipped, "co.outcome.order.paid")`.
    pub(super) fn read(errors: &ErrorCollector, key: &Key, value: &Value) -> Vec<Self> {
        let Value::List(tokens) = value else {
            errors.add(key, EXPECTED);
            return Vec::new();
        };
        match Punctuated::<Self, Token![,]>::parse_terminated.parse2(tokens.clone()) {
            Ok(sets) if !sets.is_empty() => distinct(errors, sets),
            Ok(_) => {
                errors.add(key, EXPECTED);
                Vec::new()
            }
            Err(error) => {
                errors.add_syn(syn::Error::new(error.span(), EXPECTED));
                Vec::new()
            }
        }
    }

    /// Expands to the event types of the set.
    pub(super) fn expand(&self, private: &TokenStream) -> TokenStream {
        match self {
            Self::Literal(literal) => quote!(&[#literal]),
            Self::Type(ty) => {
                let private = respanned(private, ty.span());
                quote_spanned!(ty.span()=> <#ty as #private::EventSet>::TYPES)
            }
        }
    }
}

impl Parse for EmittedSet {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            input.parse().map(Self::Literal)
        } else {
            input.parse().map(|ty| Self::Type(Box::new(ty)))
        }
    }
}

impl ToTokens for EmittedSet {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(literal) => literal.to_tokens(tokens),
            Self::Type(ty) => ty.to_tokens(tokens),
        }
    }
}

/// Checks the sets, and reports those that are given twice.
fn distinct(
    errors: &ErrorCollector,
    sets: impl IntoIterator<Item = EmittedSet>,
) -> Vec<EmittedSet> {
    let mut distinct: Vec<EmittedSet> = Vec::new();
    for set in sets {
        if let EmittedSet::Literal(literal) = &set {
            value::check(errors, literal, rule::event_type);
        }
        let text = ty::text(&set);
        if distinct.iter().any(|own| ty::text(own) == text) {
            errors.add(&set, format!("`{text}` is given twice"));
        } else {
            distinct.push(set);
        }
    }
    distinct
}

/// Returns the part of a return type that may hold events, or `None` if it is `()`.
///
/// The error of a `Result` is left out: it is not looked at for events, and need not have a name.
pub(super) fn returned_events(returned: &Type) -> Option<Type> {
    let returned = ty::peeled(returned.clone());
    match &returned {
        Type::Tuple(tuple) if tuple.elems.is_empty() => return None,
        Type::Never(_) => return None,
        _ => {}
    }
    let result = ty::named(&returned).filter(|(name, _)| *name == "Result");
    let ok = result.and_then(|(_, arguments)| {
        arguments.into_iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
    });
    match ok {
        Some(ok) => returned_events(ok),
        None => Some(returned),
    }
}
