//! The expansion of `#[derive(CloudEvent)]`.

mod enums;
mod fallback;
mod json;
mod remote;
mod structs;
mod target;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use self::target::Target;
use super::attr::TypeAttrs;
use super::generics;
use super::model::Model;
use crate::{attributes, value};

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
    let lints = allowed_lints(input);
    quote! {
        #compile_errors
        #lints
        const _: () = { #items };
    }
}

/// Returns the lints that the item and its fields or variants allow, for the generated code.
fn allowed_lints(input: &DeriveInput) -> TokenStream {
    let fields = match &input.data {
        syn::Data::Struct(data) => data.fields.iter().flat_map(|field| &field.attrs).collect(),
        syn::Data::Enum(data) => data
            .variants
            .iter()
            .flat_map(|variant| &variant.attrs)
            .collect(),
        syn::Data::Union(_) => Vec::new(),
    };
    attributes::allowed_lints(input.attrs.iter().chain(fields))
}
