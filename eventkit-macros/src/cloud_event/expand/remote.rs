//! Remote definitions of structs with fields that are not data.
//!
//! Such a struct is serialized through a serde remote definition, and deserialized into a private
//! struct. Both have only the fields that are data. The user's serde impls are not changed.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse_quote;

use super::target::Target;
use crate::cloud_event::generics::{self, ParamUse};
use crate::cloud_event::model::{DataField, DataStruct};
use crate::cloud_event::serde_attr::ContainerDefault;

/// Returns the name of a generated type.
fn generated_ident(target: &Target<'_>, role: &str) -> Ident {
    // Contains the name of the user's type, because compiler errors may show it.
    let name = format!("__eventkit_{}{role}", target.input.ident.unraw());
    Ident::new(&name, Span::call_site())
}

/// Returns the name of the struct that the data is deserialized into.
fn data_ident(target: &Target<'_>) -> Ident {
    generated_ident(target, "Data")
}

/// Returns the type that the data is deserialized into.
pub(super) fn data_type(target: &Target<'_>) -> TokenStream {
    let ident = data_ident(target);
    let (_, arguments, _) = target.input.generics.split_for_impl();
    quote!(#ident #arguments)
}

/// Returns the name of the struct that borrows a value and serializes as its data.
pub(super) fn view(target: &Target<'_>) -> Ident {
    generated_ident(target, "View")
}

/// Returns the predicates of the impls for a type with parameters.
pub(super) fn predicates(target: &Target<'_>, data: &DataStruct<'_>) -> Vec<TokenStream> {
    let private = &target.private;
    let data_type = data_type(target);
    let mut predicates = serialize_predicates(target, data);
    // This includes the bounds for deserialization, inferred by serde or written by the user.
    predicates.push(quote!(#data_type: #private::serde::de::DeserializeOwned));
    predicates
}

/// Returns serde's predicates for serializing the data fields.
///
/// They cannot be a trait bound on the remote definition, because serde derives a function for it.
fn serialize_predicates(target: &Target<'_>, data: &DataStruct<'_>) -> Vec<TokenStream> {
    let private = &target.private;
    let generics = &target.input.generics;
    let serialize = quote!(#private::serde::Serialize);
    let mut predicates: Vec<TokenStream> = Vec::new();
    let mut params = BTreeSet::new();
    for DataField { ty, serde, .. } in &data.fields {
        let given = serde.bound.iter().flatten();
        predicates.extend(given.map(ToTokens::to_token_stream));
        if serde.bound.is_some() || data.container.bound.is_some() {
            continue;
        }
        params.extend(generics::used_params(generics, ty.clone(), ParamUse::Bare));
        if generics::is_associated(generics, ty.clone()) {
            predicates.push(quote!(#ty: #serialize));
        }
    }
    let given = data.container.bound.iter().flatten();
    predicates.extend(given.map(ToTokens::to_token_stream));
    predicates.extend(params.iter().map(|param| quote!(#param: #serialize)));
    predicates
}

/// Returns the remote definition, the struct to deserialize into, and the view to serialize.
pub(super) fn expand(target: &Target<'_>, data: &DataStruct<'_>) -> TokenStream {
    let private = &target.private;
    let remote_ident = generated_ident(target, "Remote");
    let data_ident = data_ident(target);
    let remote = target.input.ident.to_string();
    let head = quote! {
        #[derive(__eventkit_serde::Serialize)]
        #[serde(remote = #remote)]
    };
    let serialized = definition(target, data, &remote_ident, &head);
    let defaulted = data.container.default.as_ref();
    let default_flag = defaulted.map(|_| quote!(#[serde(default)]));
    let head = quote! {
        #[derive(__eventkit_serde::Deserialize)]
        #default_flag
    };
    let deserialized = definition(target, data, &data_ident, &head);
    let default = defaulted.map(|default| default_impl(target, data, default));
    let view = view_impl(target, data, &remote_ident);
    quote! {
        // Imported, because the path of the library may not be valid in a string.
        use #private::serde as __eventkit_serde;
        #serialized
        #view
        #deserialized
        #default
    }
}

/// Returns a struct with the data fields and the user's serde attributes.
fn definition(
    target: &Target<'_>,
    data: &DataStruct<'_>,
    ident: &Ident,
    head: &TokenStream,
) -> TokenStream {
    let parameters = &target.input.generics;
    let predicates = target.where_clause(&[]);
    let carried = &data.container.carried;
    let type_name = type_name(target, data);
    let fields = data.fields.iter().map(|DataField { ident, ty, serde }| {
        let carried = &serde.carried;
        quote!(#(#[serde(#carried)])* #ident: #ty)
    });
    let marker = marker(target).map(|ty| quote!(#[serde(skip)] __eventkit_marker: #ty));
    let fields = fields.chain(marker);
    quote! {
        #head
        // The user's struct has the same names, and reports the lint on them.
        #[allow(non_snake_case)]
        #[serde(crate = "__eventkit_serde", #type_name)]
        #(#[serde(#carried)])*
        struct #ident #parameters #predicates { #(#fields),* }
    }
}

/// Returns the attributes that keep the name of the user's type in formats and errors.
fn type_name(target: &Target<'_>, data: &DataStruct<'_>) -> TokenStream {
    let name = target.input.ident.unraw().to_string();
    let rename = match data.container.renamed {
        (true, true) => TokenStream::new(),
        (false, false) => quote!(rename = #name,),
        (true, false) => quote!(rename(deserialize = #name),),
        (false, true) => quote!(rename(serialize = #name),),
    };
    if data.container.has_expecting {
        return rename;
    }
    let expecting = format!("struct {name}");
    quote!(#rename expecting = #expecting)
}

/// Returns a field type that uses all type parameters, because data fields may not use all of them.
fn marker(target: &Target<'_>) -> Option<TokenStream> {
    let params: Vec<&Ident> = target
        .input
        .generics
        .type_params()
        .map(|param| &param.ident)
        .collect();
    let marker = quote!(::core::marker::PhantomData<fn(#(*const #params),*)>);
    (!params.is_empty()).then_some(marker)
}

fn view_impl(target: &Target<'_>, data: &DataStruct<'_>, remote_ident: &Ident) -> TokenStream {
    let this = &target.this;
    let view = view(target);
    let own = &target.input.generics;
    let (_, arguments, _) = own.split_for_impl();
    let turbofish = arguments.as_turbofish();
    let mut borrowing = own.clone();
    borrowing.params.insert(0, parse_quote!('__eventkit_view));
    borrowing.where_clause = None;
    let (parameters, view_arguments, _) = borrowing.split_for_impl();
    let own_predicates = target.where_clause(&[]);
    let predicates = target.where_clause(&serialize_predicates(target, data));
    quote! {
        struct #view #borrowing (&'__eventkit_view #this) #own_predicates;

        #[automatically_derived]
        impl #parameters __eventkit_serde::Serialize for #view #view_arguments #predicates {
            fn serialize<__eventkit_Serializer: __eventkit_serde::Serializer>(
                &self,
                __eventkit_serializer: __eventkit_Serializer,
            ) -> ::core::result::Result<
                <__eventkit_Serializer as __eventkit_serde::Serializer>::Ok,
                <__eventkit_Serializer as __eventkit_serde::Serializer>::Error,
            > {
                #remote_ident #turbofish ::serialize(self.0, __eventkit_serializer)
            }
        }
    }
}

/// Returns a `Default` impl that takes the data fields from the default of the user's type.
fn default_impl(
    target: &Target<'_>,
    data: &DataStruct<'_>,
    default: &ContainerDefault,
) -> TokenStream {
    let this = &target.this;
    let own = &target.input.generics;
    let data_type = data_type(target);
    let (parameters, _, _) = own.split_for_impl();
    let (value, more) = match default {
        ContainerDefault::Path(path) => (quote!(#path()), Vec::new()),
        ContainerDefault::Trait => {
            let generic = !own.params.is_empty();
            let bound = generic.then(|| quote!(#this: ::core::default::Default));
            let more = bound.into_iter().collect();
            (quote!(::core::default::Default::default()), more)
        }
    };
    let predicates = target.where_clause(&more);
    let idents = data.fields.iter().map(|field| field.ident);
    let fields = idents.map(|ident| quote!(#ident: __eventkit_value.#ident));
    let marker = marker(target).map(|_| quote!(__eventkit_marker: ::core::marker::PhantomData));
    let fields = fields.chain(marker);
    quote! {
        #[automatically_derived]
        impl #parameters ::core::default::Default for #data_type #predicates {
            fn default() -> Self {
                let __eventkit_value: #this = #value;
                Self { #(#fields),* }
            }
        }
    }
}
