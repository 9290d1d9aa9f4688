//! The function that the attribute is on.

use std::iter;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Meta, Signature, Visibility, parse_quote};

use crate::attributes;
use crate::symbol;

/// A function whose body is not parsed, so that the compiler reports errors in it.
#[derive(Clone)]
pub(super) struct HandlerFn {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    body: Group,
}

impl Parse for HandlerFn {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: match input.parse()? {
                TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => body,
                other => return Err(syn::Error::new(other.span(), "expected the body")),
            },
        })
    }
}

impl ToTokens for HandlerFn {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attrs,
            vis,
            sig,
            body,
        } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}

impl HandlerFn {
    /// Returns the function with an empty list of type parameters if it has none.
    ///
    /// Generated code repeats the types of the signature. For an unknown type, the compiler
    /// suggests a type parameter only in the user's code, so it would report the type twice. An
    /// empty list prevents the suggestion.
    pub(super) fn with_empty_generics(&self) -> TokenStream {
        let Self {
            attrs,
            vis,
            sig,
            body,
        } = self;
        let generics = sig.generics.params.is_empty().then(|| quote!(<>));
        let signature = sig.to_token_stream().into_iter();
        let mut after_fn = false;
        let signature = signature.flat_map(|tree| {
            let is_name = std::mem::take(&mut after_fn);
            after_fn = matches!(&tree, TokenTree::Ident(ident) if ident == "fn");
            let generics = generics.clone().filter(|_| is_name);
            iter::once(tree).chain(generics.unwrap_or_default())
        });
        let signature: TokenStream = signature.collect();
        quote!(#(#attrs)* #vis #signature #body)
    }

    /// Splits the function by the first `cfg` or `cfg_attr` on a parameter, which only the compiler
    /// can evaluate. Returns the function for a condition that holds and for one that does not,
    /// each under that condition.
    pub(super) fn split_by_condition(&self) -> Option<[Self; 2]> {
        let (at, attribute, condition) = self.first_condition()?;
        let (mut holds, mut fails) = (self.clone(), self.clone());
        let attrs = attributes_mut(&mut holds.sig.inputs[at]);
        let Condition { condition, then } = condition;
        match then {
            // `cfg` adds or removes the parameter.
            None => {
                attrs.remove(attribute);
                let inputs = fails.sig.inputs.into_iter().enumerate();
                fails.sig.inputs = inputs
                    .filter_map(|(own, input)| (own != at).then_some(input))
                    .collect();
            }
            // `cfg_attr` adds or removes attributes of the parameter.
            Some(then) => {
                let then = then.into_iter().map(|meta| parse_quote!(#[#meta]));
                attrs.splice(attribute..=attribute, then);
                attributes_mut(&mut fails.sig.inputs[at]).remove(attribute);
            }
        }
        holds.attrs.insert(0, parse_quote!(#[cfg(#condition)]));
        fails.attrs.insert(0, parse_quote!(#[cfg(not(#condition))]));
        Some([holds, fails])
    }

    fn first_condition(&self) -> Option<(usize, usize, Condition)> {
        let inputs = self.sig.inputs.iter().enumerate();
        let mut attributes = inputs.flat_map(|(at, input)| {
            let (FnArg::Receiver(syn::Receiver { attrs, .. })
            | FnArg::Typed(syn::PatType { attrs, .. })) = input;
            let attrs = attrs.iter().enumerate();
            attrs.map(move |(attribute, own)| (at, attribute, &own.meta))
        });
        attributes.find_map(|(at, attribute, meta)| Some((at, attribute, Condition::read(meta)?)))
    }
}

/// A condition on a parameter.
struct Condition {
    condition: TokenStream,
    /// The attributes of the parameter if the condition holds, or `None` for the parameter itself.
    then: Option<Vec<Meta>>,
}

impl Condition {
    fn read(meta: &Meta) -> Option<Self> {
        if let Some((condition, then)) = attributes::conditional(meta) {
            let condition = condition.into_token_stream();
            let then = Some(then);
            return Some(Self { condition, then });
        }
        let list = meta.require_list().ok()?;
        let condition = list
            .path
            .is_ident(symbol::CFG)
            .then(|| list.tokens.clone())?;
        let then = None;
        Some(Self { condition, then })
    }
}

fn attributes_mut(input: &mut FnArg) -> &mut Vec<Attribute> {
    match input {
        FnArg::Receiver(receiver) => &mut receiver.attrs,
        FnArg::Typed(typed) => &mut typed.attrs,
    }
}
