//! `#[handles]` and `handlers!`.

mod attr;
mod check;
mod emits;
mod event;
mod expand;
mod filter;
mod function;
mod model;
mod policy;
mod start;
#[cfg(test)]
mod tests;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Path, Token};

use self::function::HandlerFn;
use self::model::Model;
use crate::attributes;
use crate::error_collector::ErrorCollector;

/// Expands `#[handles(arguments)] item`, or reports all errors and keeps the function.
pub(crate) fn expand(arguments: &TokenStream, item: &TokenStream) -> TokenStream {
    let error = match syn::parse2(item.clone()) {
        Ok(function) => return expand_under_conditions(arguments, function),
        Err(error) => error,
    };
    let errors = ErrorCollector::default();
    if is_function(item) {
        // The compiler reports the cause.
        let message = "the signature of the handler is incomplete";
        errors.add_syn(syn::Error::new(error.span(), message));
    } else {
        errors.add(
            item,
            "`#[handles]` can only be used on a function with a body",
        );
    }
    let compile_errors = errors.into_compile_errors();
    quote!(#item #compile_errors)
}

/// Returns whether an item that cannot be parsed is a function with a body.
fn is_function(item: &TokenStream) -> bool {
    let mut trees = item.clone().into_iter();
    let is_fn = |tree: TokenTree| matches!(tree, TokenTree::Ident(ident) if ident == "fn");
    let is_body = |tree: TokenTree| matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    trees.any(is_fn) && trees.last().is_some_and(is_body)
}

/// Expands a function once for each combination of the conditions on its parameters.
fn expand_under_conditions(arguments: &TokenStream, function: HandlerFn) -> TokenStream {
    match function.split_by_condition() {
        None => expand_function(arguments.clone(), function),
        Some(functions) => {
            let expanded = functions.map(|own| expand_under_conditions(arguments, own));
            expanded.into_iter().collect()
        }
    }
}

fn expand_function(arguments: TokenStream, mut function: HandlerFn) -> TokenStream {
    let errors = ErrorCollector::default();
    let arguments = attr::read(&errors, arguments);
    check::check(&errors, &arguments, &mut function);
    let model = Model::read(&errors, arguments, &mut function);
    match (errors.into_compile_errors(), model) {
        (None, Some(model)) => expand::expand(&model, &function),
        // The function is kept, so that its callers cause no further errors.
        (compile_errors, _) => {
            let conditions = attributes::conditions(&function.attrs);
            if conditions.is_empty() {
                return quote!(#function #compile_errors);
            }
            quote!(#function #conditions const _: () = { #compile_errors };)
        }
    }
}

/// Expands `handlers![paths]` to an array of the statics next to the functions.
pub(crate) fn handlers(paths: TokenStream) -> TokenStream {
    match Punctuated::<Path, Token![,]>::parse_terminated.parse2(paths) {
        Ok(paths) => {
            let statics = paths.into_iter().map(static_path);
            quote!([#(&#statics),*])
        }
        Err(error) => error.to_compile_error(),
    }
}

/// Returns the path of the static next to a function.
fn static_path(mut function: Path) -> Path {
    if let Some(last) = function.segments.last_mut() {
        last.ident = expand::static_name(&last.ident);
    }
    function
}
