//! Type parameters of the item, and predicates on them.

use std::collections::BTreeSet;

use proc_macro2::{Group, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{DeriveInput, Generics};

/// Returns the type with its own parameters, such as `Placed<T>`.
pub(super) fn this(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (_, arguments, _) = input.generics.split_for_impl();
    quote!(#ident #arguments)
}

/// Replaces `Self` in the tokens of a type.
pub(super) fn without_self(tokens: TokenStream, this: &TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Ident(ident) if ident == "Self" => {
                let is_path = trees.peek().is_some_and(starts_path);
                out.extend(if is_path {
                    quote!(<#this>)
                } else {
                    this.clone()
                });
            }
            TokenTree::Group(group) => {
                let mut same = Group::new(group.delimiter(), without_self(group.stream(), this));
                same.set_span(group.span());
                same.to_tokens(&mut out);
            }
            tree => tree.to_tokens(&mut out),
        }
    }
    out
}

/// Returns a where clause of the item's own predicates and additional ones.
pub(super) fn where_clause(generics: &Generics, more: &[TokenStream]) -> TokenStream {
    let own = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    let own = own.map(ToTokens::to_token_stream);
    let all: Vec<TokenStream> = own.chain(more.iter().cloned()).collect();
    if all.is_empty() {
        return TokenStream::new();
    }
    quote!(where #(#all),*)
}

/// Use of a parameter by a type.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ParamUse {
    /// As a type, such as in `Vec<T>`.
    Bare,
    /// As a type or in a path, such as in `T::Item`.
    Any,
}

/// Returns the names of the type parameters that the tokens use.
pub(super) fn used_params(
    generics: &Generics,
    tokens: TokenStream,
    param_use: ParamUse,
) -> BTreeSet<String> {
    let params = names(generics);
    let mut found = BTreeSet::new();
    collect(&params, tokens, param_use, &mut found);
    found
}

/// Returns whether a type is an associated type of a parameter, such as `T::Item`.
pub(super) fn is_associated(generics: &Generics, ty: TokenStream) -> bool {
    let mut trees = ty.into_iter();
    let param = matches!(
        trees.next(),
        Some(TokenTree::Ident(ident)) if names(generics).contains(&ident.to_string())
    );
    param && trees.next().as_ref().is_some_and(starts_path)
}

fn names(generics: &Generics) -> BTreeSet<String> {
    let params = generics.type_params();
    params.map(|param| param.ident.to_string()).collect()
}

fn collect(
    params: &BTreeSet<String>,
    tokens: TokenStream,
    param_use: ParamUse,
    found: &mut BTreeSet<String>,
) {
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => collect(params, group.stream(), param_use, found),
            TokenTree::Ident(ident) => {
                let in_path = trees.peek().is_some_and(starts_path);
                if param_use == ParamUse::Any || !in_path {
                    found.extend(params.get(&ident.to_string()).cloned());
                }
            }
            _ => {}
        }
    }
}

/// Returns whether the token is the first half of `::`.
fn starts_path(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(p) if p.as_char() == ':' && p.spacing() == Spacing::Joint)
}
