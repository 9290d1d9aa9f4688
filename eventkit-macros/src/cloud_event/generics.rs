//! The type parameters of the item, and what the generated code asks of them.

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

/// Writes tokens of a type with `this` in the place of `Self`.
pub(super) fn without_self(tokens: TokenStream, this: &TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Ident(ident) if ident == "Self" => {
                let is_path = matches!(
                    trees.peek(),
                    Some(TokenTree::Punct(next))
                        if next.as_char() == ':' && next.spacing() == Spacing::Joint
                );
                out.extend(if is_path { quote!(<#this>) } else { this.clone() });
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

/// Writes a where clause of the item's own predicates and more.
pub(super) fn where_clause(generics: &Generics, more: &[TokenStream]) -> TokenStream {
    let own = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let own = own.map(ToTokens::to_token_stream);
    let all: Vec<TokenStream> = own.chain(more.iter().cloned()).collect();
    if all.is_empty() {
        return TokenStream::new();
    }
    quote!(where #(#all),*)
}

/// Returns the names of the type parameters that the tokens mention.
pub(super) fn mentioned(generics: &Generics, tokens: TokenStream) -> BTreeSet<String> {
    let params: BTreeSet<String> = generics
        .type_params()
        .map(|param| param.ident.to_string())
        .collect();
    let mut found = BTreeSet::new();
    collect(&params, tokens, &mut found);
    found
}

fn collect(params: &BTreeSet<String>, tokens: TokenStream, found: &mut BTreeSet<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => collect(params, group.stream(), found),
            TokenTree::Ident(ident) => found.extend(params.get(&ident.to_string()).cloned()),
            _ => {}
        }
    }
}
