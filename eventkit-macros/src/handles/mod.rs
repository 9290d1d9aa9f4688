//! `#[handles]` and `handlers!`.

mod attr;
mod check;
mod expand;
mod model;
mod policy;
mod start;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{ItemFn, Path, Token};

use self::model::Model;
use crate::error_collector::ErrorCollector;

/// Expands `#[handles(arguments)] item`, or reports all errors beside the function.
pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let errors = ErrorCollector::default();
    let Ok(mut function) = syn::parse2::<ItemFn>(item.clone()) else {
        errors.add(item, "`#[handles]` stands on a function with a body");
        let compile_errors = errors.into_compile_errors();
        return quote!(#item #compile_errors);
    };
    let arguments = attr::read(&errors, arguments);
    check::check(&errors, &arguments, &function.sig);
    let model = Model::read(&errors, arguments, &mut function);
    match (errors.into_compile_errors(), model) {
        (None, Some(model)) => expand::expand(&model, &function),
        // The function is kept, so that its callers cause no further errors.
        (compile_errors, _) => quote!(#function #compile_errors),
    }
}

/// Expands `handlers![paths]` to an array of the statics beside the functions.
pub(crate) fn handlers(paths: TokenStream) -> TokenStream {
    match Punctuated::<Path, Token![,]>::parse_terminated.parse2(paths) {
        Ok(paths) => {
            let statics = paths.into_iter().map(static_path);
            quote!([#(&#statics),*])
        }
        Err(error) => error.to_compile_error(),
    }
}

/// Returns the path of the static beside a function.
fn static_path(mut function: Path) -> Path {
    if let Some(last) = function.segments.last_mut() {
        last.ident = expand::static_name(&last.ident);
    }
    function
}
