//! Expansion of `#[derive(HandlerError)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

use super::attr::Decision;
use super::model::{Case, Model};
use crate::value::DurationLit;

/// Returns the impl of `HandlerError`.
pub(super) fn expand(input: &DeriveInput, model: &Model<'_>, crate_path: &Path) -> TokenStream {
    let decision = decision(model, crate_path);
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #crate_path::HandlerError for #name #ty_generics #where_clause {
            fn decision(&self) -> #crate_path::Decision {
                #decision
            }
        }
    }
}

fn decision(model: &Model<'_>, crate_path: &Path) -> TokenStream {
    match model {
        Model::Struct(case) => case_decision(case, crate_path),
        Model::Enum { variants, .. } => {
            let arms = variants.iter().map(|variant| {
                let name = variant.ident;
                let decision = case_decision(variant, crate_path);
                quote!(Self::#name { .. } => #decision,)
            });
            quote!(match *self { #(#arms)* })
        }
        Model::Union => quote!(#crate_path::Decision::DeadLetter),
    }
}

fn case_decision(case: &Case<'_>, crate_path: &Path) -> TokenStream {
    let decision = match case.decisions.first() {
        Some((_, Decision::Retry(delay))) => {
            let after = delay.as_ref().map(DurationLit::expand).map_or_else(
                || quote!(::core::option::Option::None),
                |delay| quote!(::core::option::Option::Some(#delay)),
            );
            quote!(Retry { after: #after })
        }
        Some((_, Decision::Drop)) => quote!(Drop),
        // Without a decision, an error has been reported.
        Some((_, Decision::DeadLetter)) | None => quote!(DeadLetter),
    };
    quote!(#crate_path::Decision::#decision)
}
