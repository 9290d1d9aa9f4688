//! Expansion of `#[derive(CloudEvent)]`.

mod enums;
mod fallback;
mod json;
mod remote;
mod structs;
mod target;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, DeriveInput, Meta};

use self::target::Target;
use super::attr::TypeAttrs;
use super::generics;
use super::model::Model;
use crate::value;

/// Expands the model, or a stub if there are errors.
pub(super) fn expand(
    input: &DeriveInput,
    attrs: &TypeAttrs,
    model: Option<&Model<'_>>,
    compile_errors: Option<&TokenStream>,
) -> TokenStream {
    let library = attrs.crate_path.clone();
    let library = library.unwrap_or_else(value::default_crate_path);
    let target = Target {
        input,
        attrs,
        this: generics::this(input),
        private: quote!(#library::__private),
    };
    let items = match (compile_errors, model) {
        (None, Some(Model::Struct(model))) => structs::expand(&target, model),
        (None, Some(Model::Enum(variants))) => enums::expand(&target, variants),
        _ => fallback::expand(&target),
    };
    let allow = allow_deprecated(input);
    quote! {
        #compile_errors
        #allow
        const _: () = { #items };
    }
}

/// Returns an `allow` if the item mentions deprecation: generated code should not repeat the warning.
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
