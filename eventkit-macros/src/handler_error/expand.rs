//! Expansion of `#[derive(HandlerError)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

use super::attr::Decision;
use super::model::Case;

/// Returns the impl of `HandlerError`.
pub(super) fn expand(input: &DeriveInput, cases: &[Case], crate_path: &Path) -> TokenStream {
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let arms = cases.iter().map(|Case { pattern, decision }| {
        let decision = match decision {
            Some(Decision::Retry(None)) => quote!(Retry {
                after: ::core::option::Option::None
            }),
            Some(Decision::Retry(Some(delay))) => {
                quote!(Retry { after: ::core::option::Option::Some(#delay) })
            }
            Some(Decision::Drop) => quote!(Drop),
            Some(Decision::DeadLetter) | None => quote!(DeadLetter),
        };
        quote!(#pattern => #crate_path::Decision::#decision,)
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics #crate_path::HandlerError for #name #ty_generics #where_clause {
            fn decision(&self) -> #crate_path::Decision {
                match *self { #(#arms)* }
            }
        }
    }
}
