//! The type parameters of the item, and predicates on them.

use std::collections::BTreeSet;

use proc_macro2::{Group, Ident, Literal, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{DeriveInput, Generics, LitStr};

/// Returns the type with its own parameters, such as `Placed<T>`.
pub(super) fn this(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (_, arguments, _) = input.generics.split_for_impl();
    quote!(#ident #arguments)
}

/// Replaces `Self` in types, and at the start of paths in strings, which serde takes.
pub(super) fn without_self(tokens: TokenStream, this: &TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    let mut trees = tokens.into_iter().peekable();
    while let Some(mut tree) = trees.next() {
        let span = tree.span();
        match &tree {
            TokenTree::Ident(ident) if ident == "Self" => {
                let is_path = trees.peek().is_some_and(starts_path);
                out.extend(if is_path {
                    quote!(<#this>)
                } else {
                    this.clone()
                });
                continue;
            }
            TokenTree::Group(group) => {
                let stream = without_self(group.stream(), this);
                tree = Group::new(group.delimiter(), stream).into();
            }
            TokenTree::Literal(literal) => {
                let text = syn::parse2::<LitStr>(literal.to_token_stream());
                let text = text.map(|text| text.value()).unwrap_or_default();
                if let Some(rest) = text.strip_prefix("Self::") {
                    tree = Literal::string(&format!("<{this}>::{rest}")).into();
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
        tree.set_span(span);
        tree.to_tokens(&mut out);
    }
    out
}

/// How a type uses a type parameter.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ParamUse {
    /// As a type, such as in `Vec<T>`.
    Bare,
    /// As a type or in a path, such as in `T::Item`.
    Any,
}

/// Returns the type parameters that tokens use.
pub(super) fn used_params(
    generics: &Generics,
    tokens: TokenStream,
    param_use: ParamUse,
) -> BTreeSet<Ident> {
    let mut found = BTreeSet::new();
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let in_path = trees.peek().is_some_and(starts_path);
        if let TokenTree::Group(group) = tree {
            found.extend(used_params(generics, group.stream(), param_use));
        } else if param_use == ParamUse::Any || !in_path {
            found.extend(param(generics, &tree));
        }
    }
    found
}

/// Returns whether an expression uses a type or const parameter.
pub(super) fn depends_on_params(generics: &Generics, tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match &tree {
        TokenTree::Group(group) => depends_on_params(generics, group.stream()),
        TokenTree::Ident(name) => {
            let mut constants = generics.const_params();
            constants.any(|param| param.ident == *name) || param(generics, &tree).is_some()
        }
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Returns whether a type is an associated type of a parameter, such as `T::Item`.
pub(super) fn is_associated(generics: &Generics, ty: TokenStream) -> bool {
    let mut trees = ty.into_iter();
    let starts_with_param = trees
        .next()
        .and_then(|tree| param(generics, &tree))
        .is_some();
    starts_with_param && trees.next().as_ref().is_some_and(starts_path)
}

/// Returns the type parameter that a token names.
fn param(generics: &Generics, tree: &TokenTree) -> Option<Ident> {
    let TokenTree::Ident(name) = tree else {
        return None;
    };
    let mut params = generics.type_params().map(|param| &param.ident);
    params.find(|param| *param == name).cloned()
}

/// Returns whether a token is the first half of `::`.
fn starts_path(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(p) if p.as_char() == ':' && p.spacing() == Spacing::Joint)
}
