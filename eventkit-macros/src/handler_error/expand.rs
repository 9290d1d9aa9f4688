//! The expansion of `#[derive(HandlerError)]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Path};

use super::attr::Decision;
use super::model::Case;
use crate::span::respanned;

/// Returns the impl of `HandlerError`, and adds the type to those whose decisions are found behind
/// a pointer.
pub(super) fn expand(input: &DeriveInput, cases: &[Case], crate_path: &Path) -> TokenStream {
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let arms = cases.iter().map(|case| arm(case, crate_path));
    // Only a concrete type can be looked for.
    let found = input.generics.params.is_empty().then(|| {
        quote! {
            #crate_path::__private::discover! {
                DECISIONS: #crate_path::__private::DecisionOf =
                    #crate_path::__private::decision_of::<#name>
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics #crate_path::HandlerError for #name #ty_generics #where_clause {
            fn decision(&self) -> #crate_path::Decision {
                match *self { #(#arms)* }
            }
        }

        #found
    }
}

fn arm(case: &Case, crate_path: &Path) -> TokenStream {
    let pattern = &case.pattern;
    if let Some(inner) = &case.inner {
        let place = inner.span();
        let crate_path = respanned(&crate_path.to_token_stream(), place);
        let error = Ident::new("__eventkit_inner", place.resolved_at(Span::call_site()));
        let decision = quote_spanned! {place=> {
            #[allow(unused_imports)]
            use #crate_path::__private::AutorefDecision as _;
            #crate_path::__private::InnerError(#error).__eventkit_decision()
        }};
        return quote!(#pattern => #decision);
    }
    let decision = match &case.decision {
        Some(Decision::Retry(None)) => quote!(Retry {
            after: ::core::option::Option::None
        }),
        Some(Decision::Retry(Some(delay))) => {
            quote!(Retry { after: ::core::option::Option::Some(#delay) })
        }
        Some(Decision::Drop) => quote!(Drop),
        Some(Decision::DeadLetter | Decision::Transparent) | None => quote!(DeadLetter),
    };
    quote!(#pattern => #crate_path::Decision::#decision,)
}
