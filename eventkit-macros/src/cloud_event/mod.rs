//! `#[derive(CloudEvent)]`.

mod attr;
mod check;
mod expand;
mod field_attr;
mod generics;
mod model;
mod serde_attr;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use self::attr::TypeAttrs;
use self::model::Model;
use crate::error_collector::ErrorCollector;

/// Expands the derive, or reports all errors beside a stub.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let errors = ErrorCollector::default();
    let attrs = TypeAttrs::read(&errors, &input);
    let model = Model::read(&errors, &input);
    if let Some(model) = &model {
        check::check(&errors, &input, &attrs, model);
    }
    let compile_errors = errors.into_compile_errors();
    expand::expand(&input, &attrs, model.as_ref(), compile_errors.as_ref())
}
