//! What stands in for the expansion where there are mistakes, so that the code that uses the type
//! gives no errors of its own.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Data;
use syn::ext::IdentExt;

use super::attr::TypeAttrs;
use super::{Target, conversions, expand_struct};

/// Writes a stub of everything that the derive gives.
pub(super) fn expand(target: &Target<'_>, attrs: &TypeAttrs) -> TokenStream {
    let private = &target.private;
    let this = &target.this;
    // A name of its own, so that no two stubs look like one event type.
    let name = target.input.ident.unraw().to_string();
    let ty = match &attrs.ty {
        Some(ty) if !ty.value().is_empty() => ty.value(),
        _ => name,
    };
    let constants = match target.input.data {
        Data::Struct(_) => expand_struct::constants(target, attrs, &ty),
        Data::Enum(_) | Data::Union(_) => TokenStream::new(),
    };
    let mut needs = Vec::new();
    if !target.input.generics.params.is_empty() {
        needs.push(quote!(#this: ::core::marker::Send + ::core::marker::Sync + 'static));
    }
    let body = quote! {
        const TYPES: &'static [&'static str] = &[#ty];

        fn event_type(&self) -> &'static str {
            ::core::unimplemented!()
        }

        fn event_builder(
            &self,
        ) -> ::core::result::Result<#private::EventBuilder, #private::EncodeError> {
            ::core::unimplemented!()
        }

        fn from_reader(
            _: &mut dyn #private::EventReader,
        ) -> ::core::result::Result<Self, #private::DecodeError> {
            ::core::unimplemented!()
        }
    };
    let implementation = target.implement(&quote!(#private::CloudEvent for), &needs, &body);
    let conversions = conversions::expand(target, &needs);
    quote!(#constants #implementation #conversions)
}
