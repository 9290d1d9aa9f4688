//! The conversions between a type and the envelope.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Target, generics};

/// Writes `TryFrom` in four directions: from and into an event, by value and by reference.
pub(super) fn expand(target: &Target<'_>, predicates: &[TokenStream]) -> TokenStream {
    let private = &target.private;
    let event = quote!(#private::Event);
    let borrowed = quote!(&#private::Event);
    let from_borrowed = from_event(target, predicates, &borrowed, &quote!(event));
    let from_owned = from_event(target, predicates, &event, &quote!(&event));
    let this = &target.this;
    let into_from_owned = into_event(target, predicates, this, &quote!(&value));
    let into_from_borrowed = into_event(target, predicates, &quote!(&#this), &quote!(value));
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

        fn try_from(event: #event) -> ::core::result::Result<Self, Self::Error> {
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

            fn try_from(value: #value) -> ::core::result::Result<Self, Self::Error> {
                #private::into_event::<#this>(#borrowed)
            }
        }
    }
}
