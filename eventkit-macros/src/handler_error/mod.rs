//! `#[derive(HandlerError)]`.

mod attr;
mod check;
mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use self::model::Model;
use crate::error_collector::ErrorCollector;

/// Expands the derive, and reports all errors beside it.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let errors = ErrorCollector::default();
    let crate_path = attr::crate_path(&errors, &input.attrs);
    let model = Model::read(&errors, &input);
    check::check(&errors, &model);
    let implementation = expand::expand(&input, &model, &crate_path);
    let compile_errors = errors.into_compile_errors();
    quote!(#implementation #compile_errors)
}
