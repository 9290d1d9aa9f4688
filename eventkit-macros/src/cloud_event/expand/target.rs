//! Impls for the type that the derive is on.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::cloud_event::generics;

/// Type that the impls are for.
pub(super) struct Target<'i> {
    pub(super) input: &'i DeriveInput,
    /// The type with its parameters.
    pub(super) this: TokenStream,
    /// The path of the items that generated code may use.
    pub(super) private: TokenStream,
}

impl Target<'_> {
    /// Returns an impl for the type. `head` is the trait and `for`.
    pub(super) fn implement(
        &self,
        head: &TokenStream,
        predicates: &[TokenStream],
        body: &TokenStream,
    ) -> TokenStream {
        let this = &self.this;
        let (parameters, _, _) = self.input.generics.split_for_impl();
        let predicates = generics::where_clause(&self.input.generics, predicates);
        quote! {
            #[automatically_derived]
            impl #parameters #head #this #predicates { #body }
        }
    }
}

/// Returns `TryFrom` in four directions: from and into an event, by value and by reference.
pub(super) fn conversions(target: &Target<'_>, predicates: &[TokenStream]) -> TokenStream {
    let private = &target.private;
    let event = quote!(#private::Event);
    let borrowed = quote!(&#private::Event);
    let from_borrowed = from_event(target, predicates, &borrowed, &quote!(__eventkit_event));
    let from_owned = from_event(target, predicates, &event, &quote!(&__eventkit_event));
    let this = &target.this;
    let into_from_owned = into_event(target, predicates, this, &quote!(&__eventkit_value));
    let into_from_borrowed = into_event(
        target,
        predicates,
        &quote!(&#this),
        &quote!(__eventkit_value),
    );
    quote!(#from_borrowed #from_owned #into_from_owned #into_from_borrowed)
}

fn from_event(
    target: &Target<'_>,
    predicates: &[TokenStream],
    event: &TokenStream,
    borrowed: &TokenStream,
) -> TokenStream {
    let private = &target.private;
    let head = quote!(::core::convert::TryFrom<#event> for);
    let body = quote! {
        type Error = #private::DecodeError;

        fn try_from(__eventkit_event: #event) -> ::core::result::Result<Self, Self::Error> {
            #private::from_event::<Self>(#borrowed)
        }
    };
    target.implement(&head, predicates, &body)
}

fn into_event(
    target: &Target<'_>,
    predicates: &[TokenStream],
    value: &TokenStream,
    borrowed: &TokenStream,
) -> TokenStream {
    let private = &target.private;
    let this = &target.this;
    let (parameters, _, _) = target.input.generics.split_for_impl();
    let predicates = generics::where_clause(&target.input.generics, predicates);
    quote! {
        #[automatically_derived]
        impl #parameters ::core::convert::TryFrom<#value> for #private::Event #predicates {
            type Error = #private::EncodeError;

            fn try_from(__eventkit_value: #value) -> ::core::result::Result<Self, Self::Error> {
                #private::into_event::<#this>(#borrowed)
            }
        }
    }
}
