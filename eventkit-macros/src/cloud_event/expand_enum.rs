//! The expansion for an enum.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::model::EventVariant;
use super::{Target, conversions};

/// Writes the impl of `CloudEvent`, the conversions, and the checks of the variants.
pub(super) fn expand(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    let checks = checks(target, variants);
    let predicates = predicates(target, variants);
    let implementation = implementation(target, variants, &predicates);
    let conversions = conversions::expand(target, &predicates);
    quote!(#checks #implementation #conversions)
}

/// Returns what the impls ask of a type with parameters.
fn predicates(target: &Target<'_>, variants: &[EventVariant<'_>]) -> Vec<TokenStream> {
    if target.input.generics.params.is_empty() {
        return Vec::new();
    }
    let private = &target.private;
    let this = &target.this;
    let held = variants
        .iter()
        .map(|EventVariant { ty, .. }| quote!(#ty: #private::CloudEvent));
    let shared = quote!(#this: ::core::marker::Send + ::core::marker::Sync + 'static);
    held.chain([shared]).collect()
}

/// Has the compiler check each variant, where it stands. What a type parameter brings is not known
/// here, so an enum with parameters goes unchecked.
fn checks(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    if !target.input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let private = &target.private;
    let name = target.input.ident.unraw().to_string();
    let held = variants.iter().map(|EventVariant { ident, ty }| {
        let variant = ident.unraw().to_string();
        quote!((#variant, <#ty as #private::CloudEvent>::TYPES))
    });
    let checks = variants.iter().enumerate().map(|(at, variant)| {
        let span = variant.ty.span();
        quote_spanned! {span=>
            const _: () = __check_variant(#name, __VARIANTS, #at);
        }
    });
    quote! {
        // Without a path, so that all of a call stands at the variant.
        use #private::check_variant as __check_variant;
        const __VARIANTS: &[(&str, &[&str])] = &[#(#held),*];
        #(#checks)*
    }
}

fn implementation(
    target: &Target<'_>,
    variants: &[EventVariant<'_>],
    predicates: &[TokenStream],
) -> TokenStream {
    let private = &target.private;
    let cloud_event = quote!(#private::CloudEvent);
    let idents: Vec<_> = variants.iter().map(|variant| variant.ident).collect();
    let types: Vec<_> = variants.iter().map(|variant| variant.ty).collect();
    let from_reader = from_reader(target, variants);
    target.implement(&quote!(#cloud_event for), predicates, &quote! {
        const TYPES: &'static [&'static str] =
            &[#(#private::single(<#types as #cloud_event>::TYPES)),*];

        const CLOSED_SET: bool = true;

        fn event_type(&self) -> &'static str {
            match self {
                #(Self::#idents(__event) => <#types as #cloud_event>::event_type(__event),)*
            }
        }

        fn payload(&self) -> &(dyn ::core::any::Any + ::core::marker::Send + ::core::marker::Sync) {
            match self {
                #(Self::#idents(__event) => <#types as #cloud_event>::payload(__event),)*
            }
        }

        fn try_clone(&self) -> ::core::option::Option<Self> {
            match self {
                #(Self::#idents(__event) => {
                    let __event = <#types as #cloud_event>::try_clone(__event);
                    ::core::option::Option::map(__event, Self::#idents)
                })*
            }
        }

        fn event_builder(
            &self,
        ) -> ::core::result::Result<#private::EventBuilder, #private::EncodeError> {
            match self {
                #(Self::#idents(__event) => <#types as #cloud_event>::event_builder(__event),)*
            }
        }

        fn attribute_builder(
            &self,
        ) -> ::core::result::Result<#private::EventBuilder, #private::EncodeError> {
            match self {
                #(Self::#idents(__event) => <#types as #cloud_event>::attribute_builder(__event),)*
            }
        }

        fn write_to<__Writer: #private::EventWriter>(
            &self,
            __writer: __Writer,
        ) -> ::core::result::Result<__Writer::Output, #private::EncodeError> {
            match self {
                #(Self::#idents(__event) => <#types as #cloud_event>::write_to(__event, __writer),)*
            }
        }

        fn from_reader(
            __source: &mut dyn #private::EventReader,
        ) -> ::core::result::Result<Self, #private::DecodeError> {
            #from_reader
        }
    })
}

fn from_reader(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    let private = &target.private;
    let last = variants.len().saturating_sub(1);
    let arms = variants
        .iter()
        .enumerate()
        .map(|(at, EventVariant { ident, ty })| {
            let pattern = if at == last { quote!(_) } else { quote!(#at) };
            quote! {
                #pattern => ::core::result::Result::map(
                    <#ty as #private::CloudEvent>::from_reader(__source),
                    Self::#ident,
                )
            }
        });
    quote! {
        match #private::position(__source, <Self as #private::CloudEvent>::TYPES)? {
            #(#arms,)*
        }
    }
}
