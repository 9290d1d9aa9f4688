//! Stub in place of the expansion if there are errors, so that uses of the type cause no further ones.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Data;
use syn::ext::IdentExt;

use super::structs;
use super::target::Target;

/// Returns a stub of all items that the derive provides.
pub(super) fn expand(target: &Target<'_>) -> TokenStream {
    let private = &target.private;
    let given = target.attrs.ty.clone().filter(|ty| !ty.is_empty());
    // The name of the type, so that no two stubs have the same event type.
    let ty = given.unwrap_or_else(|| target.input.ident.unraw().to_string());
    let constants = match target.input.data {
        Data::Struct(_) => structs::constants(target, &ty),
        Data::Enum(_) | Data::Union(_) => TokenStream::new(),
    };
    let predicates = target.predicates([]);
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
    let implementation = target.implement(&quote!(#private::CloudEvent for), &predicates, &body);
    let conversions = target.conversions(&predicates);
    quote!(#constants #implementation #conversions)
}
