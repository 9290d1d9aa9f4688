//! `#[derive(CloudEvent)]`: attributes are read into a model, checked, and expanded.

mod attr;
mod check;
mod conversions;
mod expand_enum;
mod expand_struct;
mod fallback;
mod field_attr;
mod generics;
mod json;
mod keys;
mod model;
mod serde_attr;
#[cfg(test)]
mod tests;
mod twin;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, DeriveInput, Meta};

use self::attr::TypeAttrs;
use self::model::Model;
use crate::context::Context;
use crate::crate_path;

/// Expands the derive, or reports every mistake and makes do with a stub.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let cx = Context::default();
    let attrs = TypeAttrs::read(&cx, &input);
    let model = Model::read(&cx, &input);
    if let Some(model) = &model {
        check::check(&cx, &input, &attrs, model);
    }
    let library = attrs.krate.clone().unwrap_or_else(crate_path::default_path);
    let target = Target {
        input: &input,
        this: generics::this(&input),
        private: quote!(#library::__private),
    };
    let errors = cx.into_compile_errors();
    let items = match (&errors, &model) {
        (None, Some(Model::Struct(model))) => expand_struct::expand(&target, &attrs, model),
        (None, Some(Model::Enum(variants))) => expand_enum::expand(&target, variants),
        _ => fallback::expand(&target, &attrs),
    };
    let allow = allow_deprecated(&input);
    quote! {
        #errors
        #allow
        const _: () = { #items };
    }
}

/// What every part of the expansion is about.
struct Target<'i> {
    input: &'i DeriveInput,
    /// The type with its parameters.
    this: TokenStream,
    /// The path of what the generated code may call.
    private: TokenStream,
}

impl Target<'_> {
    /// Writes an impl for the type; `head` is the trait and `for`.
    fn implement(
        &self,
        head: &TokenStream,
        more: &[TokenStream],
        body: &TokenStream,
    ) -> TokenStream {
        let this = &self.this;
        let (parameters, _, _) = self.input.generics.split_for_impl();
        let predicates = generics::where_clause(&self.input.generics, more);
        quote! {
            #[automatically_derived]
            impl #parameters #head #this #predicates { #body }
        }
    }
}

/// The use of a deprecated type is the user's affair, not that of the generated code.
fn allow_deprecated(input: &DeriveInput) -> Option<TokenStream> {
    let fields = match &input.data {
        syn::Data::Struct(data) => data.fields.iter().flat_map(|field| &field.attrs).collect(),
        syn::Data::Enum(data) => data
            .variants
            .iter()
            .flat_map(|variant| &variant.attrs)
            .collect(),
        syn::Data::Union(_) => Vec::new(),
    };
    let mut attributes = input.attrs.iter().chain(fields);
    attributes
        .any(concerns_deprecation)
        .then(|| quote!(#[allow(deprecated)]))
}

fn concerns_deprecation(attribute: &Attribute) -> bool {
    let path = attribute.path();
    let allows = path.is_ident("allow") || path.is_ident("expect");
    path.is_ident("deprecated")
        || (allows
            && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string().contains("deprecated")))
}
