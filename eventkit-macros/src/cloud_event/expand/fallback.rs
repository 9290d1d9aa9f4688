//! A stub in place of the expansion after errors, so that uses of the type cause no further errors.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Data;
use syn::ext::IdentExt;

use super::structs;
use super::target::Target;
use crate::cloud_event::attr::EventType;

/// Returns a stub of all items that the derive macro provides.
pub(super) fn expand(target: &Target<'_>) -> TokenStream {
    let given = target.attrs.ty.as_ref().and_then(EventType::literal);
    let name = target.input.ident.unraw().to_string();
    // The name of the type, so that no two stubs have the same event type.
    let ty = given.filter(|ty| !ty.is_empty()).unwrap_or(&name);
    let ty = quote!(#ty);
    let constants = match target.input.data {
        Data::Struct(_) => structs::constants(target, &ty),
        Data::Enum(_) | Data::Union(_) => TokenStream::new(),
    };
    let stub = quote!(::core::unimplemented!());
    let event_builder = target.builder_method("event_builder", &stub);
    let from_reader = target.reader_method(&stub);
    let body = quote! {
        const TYPES: &'static [&'static ::core::primitive::str] = &[#ty];

        #event_builder

        #from_reader
    };
    let implementation = target.implement_event(&target.predicates([]), &body);
    let private = &target.private;
    let members = target.implement(
        &quote!(#private::EventMembers for),
        &[],
        &quote!(
            type Members = ();
        ),
    );
    quote!(#constants #implementation #members)
}
