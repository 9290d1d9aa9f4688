//! Expansion for an enum.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::target::Target;
use crate::cloud_event::model::EventVariant;

/// Returns the impl of `CloudEvent`, the conversions, and the checks of the variants.
pub(super) fn expand(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    let checks = checks(target, variants);
    let private = &target.private;
    let held = variants.iter().map(|variant| variant.ty);
    let predicates = target.predicates(held.map(|ty| quote!(#ty: #private::CloudEvent)));
    let implementation = implementation(target, variants, &predicates);
    quote!(#checks #implementation)
}

/// Returns a const check of each variant, located at it. The event types of type parameters are
/// unknown, so an enum with parameters is not checked.
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
            const _: () = __eventkit_check_variant(#name, __EVENTKIT_VARIANTS, #at);
        }
    });
    quote! {
        // Imported, since the tokens of a path would move the location of errors off the variant.
        use #private::check_variant as __eventkit_check_variant;
        const __EVENTKIT_VARIANTS: &[(&str, &[&str])] = &[#(#held),*];
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
    // Calls a method of the event that the variant holds.
    let delegate = |method: TokenStream, more: TokenStream| {
        quote! {
            match self {
                #(Self::#idents(__eventkit_event) => {
                    <#types as #cloud_event>::#method(__eventkit_event #more)
                })*
            }
        }
    };
    let event_type = delegate(quote!(event_type), quote!());
    let payload = delegate(quote!(payload), quote!());
    let [event_builder, attribute_builder] = ["event_builder", "attribute_builder"].map(|name| {
        let method = format_ident!("{name}");
        target.builder_method(name, &delegate(quote!(#method), quote!()))
    });
    let write_to = target.writer_method(&delegate(quote!(write_to), quote!(, __eventkit_writer)));
    let from_reader = target.reader_method(&decode(target, variants));
    let body = quote! {
        const TYPES: &'static [&'static str] =
            &[#(#private::single(<#types as #cloud_event>::TYPES)),*];

        const CLOSED_SET: bool = true;

        fn event_type(&self) -> &'static str {
            #event_type
        }

        fn payload(&self) -> &(dyn ::core::any::Any + ::core::marker::Send + ::core::marker::Sync) {
            #payload
        }

        fn try_clone(&self) -> ::core::option::Option<Self> {
            match self {
                #(Self::#idents(__eventkit_event) => {
                    let __eventkit_event = <#types as #cloud_event>::try_clone(__eventkit_event);
                    ::core::option::Option::map(__eventkit_event, Self::#idents)
                })*
            }
        }

        #event_builder

        #attribute_builder

        #write_to

        #from_reader
    };
    target.implement_event(predicates, &body)
}

fn decode(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    let private = &target.private;
    let last = variants.len().saturating_sub(1);
    let arms = variants
        .iter()
        .enumerate()
        .map(|(at, EventVariant { ident, ty })| {
            let pattern = if at == last { quote!(_) } else { quote!(#at) };
            quote! {
                #pattern => ::core::result::Result::map(
                    <#ty as #private::CloudEvent>::from_reader(__eventkit_source),
                    Self::#ident,
                )
            }
        });
    quote! {
        match #private::position(__eventkit_source, <Self as #private::CloudEvent>::TYPES)? {
            #(#arms,)*
        }
    }
}
