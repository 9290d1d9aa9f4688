//! Types in the syntax of the user.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, Lifetime, Path, PathArguments, Type};

/// Removes parentheses around a type, and invisible groups of a `$t:ty` in a macro.
pub(crate) fn peeled(mut ty: Type) -> Type {
    loop {
        ty = match ty {
            Type::Group(group) => *group.elem,
            Type::Paren(paren) => *paren.elem,
            ty => return ty,
        };
    }
}

/// Returns the last segment of a path and its arguments.
pub(crate) fn named(ty: &Type) -> Option<(&Ident, Vec<&GenericArgument>)> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    let arguments = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().collect(),
        PathArguments::None | PathArguments::Parenthesized(_) => Vec::new(),
    };
    Some((&last.ident, arguments))
}

/// Returns the type in a wrapper with one type argument, such as `Box<T>`.
pub(crate) fn wrapped<'t>(ty: &'t Type, wrapper: &str) -> Option<&'t Type> {
    let (name, arguments) = named(ty)?;
    match arguments[..] {
        [GenericArgument::Type(inner)] if name == wrapper => Some(inner),
        _ => None,
    }
}

/// Returns the tokens of a type as text.
pub(crate) fn text(ty: impl ToTokens) -> String {
    ty.to_token_stream().to_string().replace(' ', "")
}

/// Returns whether the tokens of a type contain a keyword.
pub(crate) fn has_keyword(ty: impl ToTokens, keyword: &str) -> bool {
    ty.to_token_stream().into_iter().any(|tree| match tree {
        TokenTree::Group(group) => has_keyword(group.stream(), keyword),
        TokenTree::Ident(ident) => ident == keyword,
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Replaces lifetimes with `'_`.
pub(crate) fn without_lifetimes(tokens: TokenStream, lifetimes: &[&Lifetime]) -> TokenStream {
    let mut after_quote = false;
    let replace = |tree: TokenTree| match tree {
        TokenTree::Group(group) => {
            let stream = without_lifetimes(group.stream(), lifetimes);
            let mut replaced = Group::new(group.delimiter(), stream);
            replaced.set_span(group.span());
            TokenTree::Group(replaced)
        }
        TokenTree::Ident(ident)
            if after_quote && lifetimes.iter().any(|own| own.ident == ident) =>
        {
            after_quote = false;
            Ident::new("_", ident.span()).into()
        }
        tree => {
            after_quote = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '\'');
            tree
        }
    };
    tokens.into_iter().map(replace).collect()
}

/// Returns whether a path is a name of this crate, or ends with it.
pub(crate) fn ends_in(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}
