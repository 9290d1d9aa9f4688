//! The events that a handler emits: those of its return type and of `emits(..)`.

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

const EXPECTED: &str =
    "expected the event types that the handler emits: write `emits(OrderShipped, OrderPaid)`";

/// A set of event types that a handler emits.
pub(super) enum EmittedSet {
    /// An event type without a Rust type.
    Literal(LitStr),
    /// A constant of an event type, such as `OrderShipped::TYPE`.
    Constant(Box<Type>),
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
            Self::Constant(path) => quote!(&[#path]),
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
            return input.parse().map(Self::Literal);
        }
        let ty: Box<Type> = input.parse()?;
        Ok(if is_type_constant(&ty) {
            Self::Constant(ty)
        } else {
            Self::Type(ty)
        })
    }
}

impl ToTokens for EmittedSet {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(literal) => literal.to_tokens(tokens),
            Self::Constant(ty) | Self::Type(ty) => ty.to_tokens(tokens),
        }
    }
}

/// Returns whether a path ends in the constant that the derive macro adds to a struct.
fn is_type_constant(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.len() > 1 && ty::ends_in(&path.path, "TYPE"))
}

/// Checks an event type that has no Rust type.
fn emitted_type(text: &str) -> Result<(), String> {
    if rule::is_family(text) {
        return Err(
            "`emits` cannot contain a pattern: name each event type, or write `emits(Event)` for events of any type"
                .into(),
        );
    }
    rule::event_type(text)
}

/// Reports duplicate sets.
fn distinct(
    errors: &ErrorCollector,
    sets: impl IntoIterator<Item = EmittedSet>,
) -> Vec<EmittedSet> {
    let mut distinct: Vec<EmittedSet> = Vec::new();
    for set in sets {
        if let EmittedSet::Literal(literal) = &set {
            value::check(errors, literal, emitted_type);
        }
        let text = ty::text(&set);
        if distinct.iter().any(|own| ty::text(own) == text) {
            errors.add(&set, format!("duplicate event type `{text}`"));
        } else {
            distinct.push(set);
        }
    }
    distinct
}

/// Returns the part of a return type that may contain events, or `None` if it is `()`.
///
/// The error of a `Result` contains no events and may be an opaque type, so it is ignored.
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

/// Returns the type of each event that a type contains.
pub(super) fn each(events: &Type) -> Type {
    const AROUND: [&str; 4] = ["Box", "Option", "Result", "Vec"];
    let events = ty::peeled(events.clone());
    let inner = ty::named(&events).filter(|(name, _)| AROUND.iter().any(|around| name == around));
    let inner = inner.and_then(|(_, arguments)| match arguments.first() {
        Some(GenericArgument::Type(inner)) => Some(each(inner)),
        _ => None,
    });
    inner.unwrap_or(events)
}
