//! `#[derive(HandlerError)]`.

mod attr;
mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::error_collector::ErrorCollector;

/// Expands the derive macro, and reports all errors.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let errors = ErrorCollector::default();
    let crate_path = attr::crate_path(&errors, &input.attrs);
    let cases = model::read(&errors, &input);
    let implementation = expand::expand(&input, &cases, &crate_path);
    let compile_errors = errors.into_compile_errors();
    quote!(#implementation #compile_errors)
}
