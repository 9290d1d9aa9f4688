//! Attributes of the user that also apply to generated items.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

use crate::symbol;

/// Returns the conditions of an item, including those in `cfg_attr`.
pub(crate) fn conditions(attributes: &[Attribute]) -> TokenStream {
    carried(attributes, |meta| {
        meta.path().is_ident(symbol::CFG).then(|| quote!(#meta))
    })
}

/// Returns the lints that an item allows or expects, for generated code to allow.
pub(crate) fn allowed_lints<'a>(
    attributes: impl IntoIterator<Item = &'a Attribute>,
) -> TokenStream {
    carried(attributes, |meta| {
        let path = meta.path();
        // Generated code uses the deprecated item.
        if path.is_ident(symbol::DEPRECATED) {
            return Some(quote!(allow(deprecated)));
        }
        let allows = path.is_ident(symbol::ALLOW) || path.is_ident(symbol::EXPECT);
        let list = meta.require_list().ok().filter(|_| allows)?;
        let lints = &list.tokens;
        Some(quote!(allow(#lints)))
    })
}

/// Returns the results of `carry` for attributes, under the conditions of their `cfg_attr`.
fn carried<'a>(
    attributes: impl IntoIterator<Item = &'a Attribute>,
    carry: fn(&Meta) -> Option<TokenStream>,
) -> TokenStream {
    let metas = attributes.into_iter().map(|attribute| &attribute.meta);
    metas
        .filter_map(|meta| carried_meta(meta, carry))
        .map(|meta| quote!(#[#meta]))
        .collect()
}

fn carried_meta(meta: &Meta, carry: fn(&Meta) -> Option<TokenStream>) -> Option<TokenStream> {
    let Some((condition, metas)) = conditional(meta) else {
        return carry(meta);
    };
    let metas = metas.iter().filter_map(|meta| carried_meta(meta, carry));
    let metas: Vec<TokenStream> = metas.collect();
    (!metas.is_empty()).then(|| quote!(cfg_attr(#condition, #(#metas),*)))
}

/// Splits `cfg_attr(condition, attributes)`.
pub(crate) fn conditional(meta: &Meta) -> Option<(Meta, Vec<Meta>)> {
    let list = meta.require_list().ok()?;
    if !list.path.is_ident(symbol::CFG_ATTR) {
        return None;
    }
    let read = |input: ParseStream<'_>| {
        let condition: Meta = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        let metas = Punctuated::<Meta, Token![,]>::parse_terminated(input)?;
        Ok((condition, metas.into_iter().collect()))
    };
    read.parse2(list.tokens.clone()).ok()
}
