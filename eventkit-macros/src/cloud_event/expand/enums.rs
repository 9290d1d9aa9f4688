//! The expansion for an enum.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::target::Target;
use crate::cloud_event::generics::{self, ParamUse};
use crate::cloud_event::model::EventVariant;
use crate::ty;

/// Returns the impl of `CloudEvent`, the conversions, and the checks of the variants.
pub(super) fn expand(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    let checks = checks(target, variants);
    let private = &target.private;
    let held = members_of(variants).map(|variant| &variant.ty);
    let predicates = target.predicates(held.map(|ty| quote!(#ty: #private::CloudEvent)));
    let implementation = implementation(target, variants, &predicates);
    let members = members(target, variants);
    let list = member_list(target, variants);
    quote!(#checks #implementation #members #list)
}

/// Returns the variants with one event type each.
fn members_of<'v, 'i>(
    variants: &'v [EventVariant<'i>],
) -> impl Iterator<Item = &'v EventVariant<'i>> {
    variants.iter().filter(|variant| !variant.is_other)
}

/// Returns the path of the methods of the type in a variant.
fn held(target: &Target<'_>, EventVariant { ty, is_other, .. }: &EventVariant<'_>) -> TokenStream {
    let private = &target.private;
    if *is_other {
        quote_spanned!(ty.span()=> <#ty as #private::OtherEvent>)
    } else {
        quote!(<#ty as #private::CloudEvent>)
    }
}

/// Returns the impls of `Includes` for the types in variants, without duplicates.
///
/// Types with parameters may turn out to be the same type, which would have two impls.
fn members(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    let private = &target.private;
    let mut seen = HashSet::new();
    let members = members_of(variants).filter_map(|EventVariant { ty, .. }| {
        let used =
            generics::used_params(&target.input.generics, ty.to_token_stream(), ParamUse::Any);
        let is_new = used.is_empty() && seen.insert(ty::text(ty));
        is_new.then(|| target.implement(&quote!(#private::Includes<#ty> for), &[], &quote!()))
    });
    members.collect()
}

/// Returns the impl of `EventMembers`.
fn member_list(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    let private = &target.private;
    let types: Vec<_> = members_of(variants).map(|variant| &variant.ty).collect();
    let list = types.iter().rev().fold(
        quote!(()),
        |rest, ty| quote!((#private::Variant<#ty>, #rest)),
    );
    target.implement(
        &quote!(#private::EventMembers for),
        &[],
        &quote!(type Members = #list;),
    )
}

/// Returns a compile-time check of each variant, located at the variant. Event types that depend on
/// type parameters are known only in each instantiation, where the constant `TYPES` checks them.
fn checks(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    if !target.input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let private = &target.private;
    let name = target.input.ident.unraw().to_string();
    let held = held_types(target, variants);
    let checks = members_of(variants).enumerate().map(|(at, variant)| {
        let span = variant.ty.span();
        quote_spanned! {span=>
            const _: () = __eventkit_check_variant(#name, __EVENTKIT_VARIANTS, #at);
        }
    });
    quote! {
        // Imported, because the tokens of a path would move the location of errors off the variant.
        use #private::check_variant as __eventkit_check_variant;
        const __EVENTKIT_VARIANTS: &[(&::core::primitive::str, &[&::core::primitive::str])] = &[#held];
        #(#checks)*
    }
}

/// Returns the names of the variants, each with its event types.
fn held_types(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    let private = &target.private;
    let held = members_of(variants).map(|EventVariant { ident, ty, .. }| {
        let variant = ident.unraw().to_string();
        quote!((#variant, <#ty as #private::CloudEvent>::TYPES),)
    });
    held.collect()
}

/// Returns how the type in a variant is cloned.
fn cloning(target: &Target<'_>, variant: &EventVariant<'_>) -> TokenStream {
    let (private, ty) = (&target.private, &variant.ty);
    let params = &target.input.generics;
    if generics::used_params(params, ty.to_token_stream(), ParamUse::Any).is_empty() {
        quote!(#private::CloneProbe::<#ty>::__EVENTKIT_CLONING)
    } else {
        quote!(<#ty as #private::CloudEvent>::CLONING)
    }
}

/// Returns the function from the type in a variant to the enum.
fn wrap(variant: &EventVariant<'_>) -> TokenStream {
    let ident = variant.ident;
    if variant.is_boxed {
        quote!(|__eventkit_event| Self::#ident(::std::boxed::Box::new(__eventkit_event)))
    } else {
        quote!(Self::#ident)
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
    let held: Vec<_> = variants
        .iter()
        .map(|variant| held(target, variant))
        .collect();
    // Calls a method of the event in the variant.
    let delegate = |method: TokenStream, more: TokenStream| {
        quote! {
            match self {
                #(Self::#idents(__eventkit_event) => {
                    #held::#method(__eventkit_event #more)
                })*
            }
        }
    };
    let members: Vec<&EventVariant<'_>> = members_of(variants).collect();
    let types: Vec<_> = members.iter().map(|variant| &variant.ty).collect();
    // A decoded event may have attributes that a builder refuses.
    let to_event = (members.len() < variants.len()).then(|| {
        let body = delegate(quote!(to_event), quote!());
        quote! {
            const HAS_OTHER: ::core::primitive::bool = true;

            fn to_event(&self) -> ::core::result::Result<#private::Event, #private::EncodeError> {
                #body
            }
        }
    });
    let event_type = delegate(quote!(event_type), quote!());
    let payload = delegate(quote!(payload), quote!());
    let [event_builder, attribute_builder] = ["event_builder", "attribute_builder"].map(|name| {
        let method = format_ident!("{name}");
        target.builder_method(name, &delegate(quote!(#method), quote!()))
    });
    let write_to = target.writer_method(&delegate(quote!(write_to), quote!(, __eventkit_writer)));
    let from_reader = target.reader_method(&decode(target, variants));
    let from_shared = from_shared(target, variants);
    let clonings = members.iter().map(|variant| cloning(target, variant));
    let name = target.input.ident.unraw().to_string();
    let held = held_types(target, variants);
    let number = members.len();
    let checked = !target.input.generics.params.is_empty();
    let body = quote! {
        const TYPES: &'static [&'static ::core::primitive::str] =
            &#private::single_types::<#number>(#name, &[#held], #checked);

        const CLOSED_SET: ::core::primitive::bool = true;

        const EXTENSIONS: &'static [&'static [&'static ::core::primitive::str]] =
            &#private::single_extensions::<#number>(&[#(<#types as #cloud_event>::EXTENSIONS),*]);

        const DESCRIPTORS: &'static [#private::EventDescriptor] =
            #private::all_or_none(&#private::single_descriptors::<#number>(
                &[#(<#types as #cloud_event>::DESCRIPTORS),*]
            ));

        const WITHOUT_SOURCE: ::core::option::Option<&'static ::core::primitive::str> =
            #private::first_without_source(&[#(<#types as #cloud_event>::WITHOUT_SOURCE),*]);

        const VARIANTS: &'static [#private::VariantType] =
            &[#(#private::VariantType::of::<#types>(#clonings)),*];

        #to_event

        fn event_type(&self) -> &::core::primitive::str {
            #event_type
        }

        fn payload(&self) -> &(dyn ::core::any::Any + ::core::marker::Send + ::core::marker::Sync) {
            #payload
        }

        #event_builder

        #attribute_builder

        #write_to

        #from_reader

        #from_shared
    };
    let implementation = target.implement_event(predicates, &body);
    quote! {
        #[allow(unused_imports)]
        use #private::NotClone as _;
        #implementation
    }
}

/// Returns the method that makes the enum from the value that other handlers take.
fn from_shared(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    let private = &target.private;
    let arms = arms(variants, |variant| {
        let held = held(target, variant);
        if variant.is_other {
            return quote!(#held::from_shared(__eventkit_source));
        }
        let cloning = cloning(target, variant);
        quote!(#held::from_shared_for_variant(__eventkit_source, #cloning))
    });
    let position = position("shared_position", variants);
    quote! {
        fn from_shared(
            __eventkit_source: &dyn #private::SharedEvent,
        ) -> ::core::result::Result<Self, #private::SharedError> {
            match #private::#position(__eventkit_source, <Self as #private::CloudEvent>::TYPES)? {
                #arms
            }
        }
    }
}

fn decode(target: &Target<'_>, variants: &[EventVariant<'_>]) -> TokenStream {
    let private = &target.private;
    let arms = arms(variants, |variant| {
        let held = held(target, variant);
        quote!(#held::from_reader(__eventkit_source))
    });
    let position = position("position", variants);
    quote! {
        match #private::#position(__eventkit_source, <Self as #private::CloudEvent>::TYPES)? {
            #arms
        }
    }
}

/// Returns the name of the function that finds the position of the variant.
fn position(name: &str, variants: &[EventVariant<'_>]) -> Ident {
    if variants.iter().any(|variant| variant.is_other) {
        format_ident!("{name}_or_other")
    } else {
        format_ident!("{name}")
    }
}

/// Returns an arm for the position of each variant, with the result of its type. The arm for other
/// events is last.
fn arms(
    variants: &[EventVariant<'_>],
    held: impl Fn(&EventVariant<'_>) -> TokenStream,
) -> TokenStream {
    let last = variants.len().saturating_sub(1);
    let others = variants.iter().filter(|variant| variant.is_other);
    let arms = members_of(variants)
        .chain(others)
        .enumerate()
        .map(|(at, variant)| {
            let pattern = if at == last { quote!(_) } else { quote!(#at) };
            let (held, wrap) = (held(variant), wrap(variant));
            quote!(#pattern => ::core::result::Result::map(#held, #wrap),)
        });
    arms.collect()
}
