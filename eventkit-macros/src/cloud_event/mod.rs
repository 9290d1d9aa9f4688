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

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DataEnum, DataStruct, DeriveInput, Fields, Generics, Token, token};

use self::attr::TypeAttrs;
use self::model::Model;
use crate::error_collector::ErrorCollector;

/// Returns the error for an item that cannot be parsed, and a stub for the parts that could be
/// read.
fn stub(input: TokenStream, error: &syn::Error) -> TokenStream {
    let compile_error = error.to_compile_error();
    let Ok(input) = item_head.parse2(input) else {
        return compile_error;
    };
    let attrs = TypeAttrs::read(&ErrorCollector::default(), &input);
    expand::expand(&input, &attrs, None, Some(&compile_error))
}

/// Reads an item up to its fields or variants.
fn item_head(input: ParseStream<'_>) -> syn::Result<DeriveInput> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let mut data = Data::Struct(DataStruct {
        struct_token: Token![struct](Span::call_site()),
        fields: Fields::Unit,
        semi_token: None,
    });
    if input.peek(Token![enum]) {
        data = Data::Enum(DataEnum {
            enum_token: input.parse()?,
            brace_token: token::Brace::default(),
            variants: Punctuated::new(),
        });
    } else {
        input.parse::<Token![struct]>()?;
    }
    let ident = input.parse()?;
    let mut generics: Generics = input.parse()?;
    generics.where_clause = input.parse()?;
    input.parse::<TokenStream>()?;
    Ok(DeriveInput {
        attrs,
        vis,
        ident,
        generics,
        data,
    })
}

/// Expands the derive macro, or reports all errors and adds a stub.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input.clone()) {
        Ok(input) => input,
        Err(error) => return stub(input, &error),
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
