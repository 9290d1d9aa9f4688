//! The private twins of a struct with fields that leave its data.
//!
//! Such a struct is written through a remote definition and read through a struct of its own, which
//! both list the remaining fields only. The user's own serde impls stay as they are.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{GenericParam, Generics, parse_quote};

use super::generics::Mention;
use super::model::{DataField, Twin};
use super::serde_attr::ContainerDefault;
use super::{Target, generics};

/// Makes the name of a twin, which is not to be one that the user's code has.
fn twin_ident(target: &Target<'_>, role: &str) -> Ident {
    // Some messages show it, so the name of the type is part of it.
    let name = format!("__{}{role}", target.input.ident.unraw());
    Ident::new(&name, Span::call_site())
}

/// Returns the name of the struct that the data is read into.
fn data_ident(target: &Target<'_>) -> Ident {
    twin_ident(target, "Data")
}

/// Returns the type that the data is read into.
pub(super) fn data(target: &Target<'_>) -> TokenStream {
    let ident = data_ident(target);
    let (_, arguments, _) = target.input.generics.split_for_impl();
    quote!(#ident #arguments)
}

/// Returns the name of the struct that borrows a value and serializes as its data.
pub(super) fn view(target: &Target<'_>) -> Ident {
    twin_ident(target, "View")
}

/// Returns what the twins ask of a type with parameters.
pub(super) fn predicates(target: &Target<'_>, twin: &Twin<'_>) -> Vec<TokenStream> {
    let private = &target.private;
    let data = data(target);
    let mut predicates = serialize_predicates(target, twin);
    // Whatever serde has inferred, or the user has written, for reading.
    predicates.push(quote!(#data: #private::serde::de::DeserializeOwned));
    predicates
}

/// Returns the predicates that serde puts on writing the remaining fields.
///
/// A trait bound on the definition cannot say it: what serde derives for a remote type is a
/// function.
fn serialize_predicates(target: &Target<'_>, twin: &Twin<'_>) -> Vec<TokenStream> {
    let private = &target.private;
    let generics = &target.input.generics;
    let serialize = quote!(#private::serde::Serialize);
    let mut predicates: Vec<TokenStream> = Vec::new();
    let mut params = BTreeSet::new();
    for DataField { ty, serde, .. } in &twin.fields {
        predicates.extend(serde.bound.iter().map(|bound| quote!(#bound)));
        if !serde.needs_serialize || twin.container.bound.is_some() {
            continue;
        }
        params.extend(generics::mentioned(generics, ty.clone(), Mention::Alone));
        if generics::is_associated(generics, ty.clone()) {
            predicates.push(quote!(#ty: #serialize));
        }
    }
    let given = twin.container.bound.iter().flatten();
    predicates.extend(given.map(|bound| quote!(#bound)));
    let params = params.iter().map(|param| format_ident!("{param}"));
    predicates.extend(params.map(|param| quote!(#param: #serialize)));
    predicates
}

/// Writes the twins.
pub(super) fn expand(target: &Target<'_>, twin: &Twin<'_>) -> TokenStream {
    let private = &target.private;
    let definition = twin_ident(target, "Definition");
    let data = data_ident(target);
    let remote = target.input.ident.to_string();
    let written = structure(
        target,
        twin,
        &definition,
        &quote!(Serialize),
        &quote!(remote = #remote,),
    );
    let defaulted = twin.container.default.as_ref();
    let default_flag = defaulted.map(|_| quote!(default,));
    let read = structure(
        target,
        twin,
        &data,
        &quote!(Deserialize),
        &default_flag.unwrap_or_default(),
    );
    let default = defaulted.map(|default| default_impl(target, twin, default));
    let view = view_impl(target, twin, &definition);
    quote! {
        // A name for the path, which may have parts that cannot stand in a string.
        use #private::serde as __eventkit_serde;
        #written
        #view
        #read
        #default
    }
}

/// Writes a struct of the remaining fields, with the attributes that the user gave them.
fn structure(
    target: &Target<'_>,
    twin: &Twin<'_>,
    ident: &Ident,
    derive: &TokenStream,
    more: &TokenStream,
) -> TokenStream {
    let this = &target.this;
    let parameters = &target.input.generics;
    let predicates = generics::where_clause(parameters, &[]);
    let predicates = generics::without_self(predicates, this);
    let carried = &twin.container.carried;
    let shown = shown(target, twin);
    let fields = twin.fields.iter().map(|DataField { ident, ty, serde }| {
        let carried = &serde.carried;
        quote!(#(#[serde(#carried)])* #ident: #ty)
    });
    let marker = marker(target).map(|ty| quote!(#[serde(skip)] __marker: #ty));
    let fields = fields.chain(marker);
    quote! {
        #[derive(__eventkit_serde::#derive)]
        #[serde(crate = "__eventkit_serde", #more #shown)]
        #(#[serde(#carried)])*
        struct #ident #parameters #predicates { #(#fields),* }
    }
}

/// Keeps the name of the user's type for the messages and formats that show it.
fn shown(target: &Target<'_>, twin: &Twin<'_>) -> TokenStream {
    let name = target.input.ident.unraw().to_string();
    let rename = match twin.container.renamed {
        (true, true) => TokenStream::new(),
        (false, false) => quote!(rename = #name,),
        (true, false) => quote!(rename(deserialize = #name),),
        (false, true) => quote!(rename(serialize = #name),),
    };
    if twin.container.has_expecting {
        return rename;
    }
    let expecting = format!("struct {name}");
    quote!(#rename expecting = #expecting)
}

/// Uses every type parameter, also those that only fields outside of the data have.
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

fn view_impl(target: &Target<'_>, twin: &Twin<'_>, definition: &Ident) -> TokenStream {
    let this = &target.this;
    let view = view(target);
    let own = &target.input.generics;
    let (_, arguments, _) = own.split_for_impl();
    let turbofish = arguments.as_turbofish();
    let borrowing = with_lifetime(own);
    let (parameters, view_arguments, _) = borrowing.split_for_impl();
    let own_predicates = generics::without_self(generics::where_clause(own, &[]), this);
    let predicates = generics::where_clause(own, &serialize_predicates(target, twin));
    let predicates = generics::without_self(predicates, this);
    quote! {
        struct #view #borrowing (&'__view #this) #own_predicates;

        #[automatically_derived]
        impl #parameters __eventkit_serde::Serialize for #view #view_arguments #predicates {
            fn serialize<__Serializer: __eventkit_serde::Serializer>(
                &self,
                __serializer: __Serializer,
            ) -> ::core::result::Result<__Serializer::Ok, __Serializer::Error> {
                #definition #turbofish ::serialize(self.0, __serializer)
            }
        }
    }
}

fn with_lifetime(own: &Generics) -> Generics {
    let mut generics = own.clone();
    let lifetime: GenericParam = parse_quote!('__view);
    generics.params.insert(0, lifetime);
    generics.where_clause = None;
    generics
}

/// Takes the remaining fields from the default of the user's type.
fn default_impl(target: &Target<'_>, twin: &Twin<'_>, default: &ContainerDefault) -> TokenStream {
    let this = &target.this;
    let own = &target.input.generics;
    let data = data(target);
    let (parameters, _, _) = own.split_for_impl();
    let (value, more) = match default {
        ContainerDefault::Path(path) => (quote!(#path()), Vec::new()),
        ContainerDefault::Trait => {
            let bound = quote!(#this: ::core::default::Default);
            let more = if own.params.is_empty() {
                Vec::new()
            } else {
                vec![bound]
            };
            (quote!(::core::default::Default::default()), more)
        }
    };
    let predicates = generics::without_self(generics::where_clause(own, &more), this);
    let idents = twin.fields.iter().map(|field| field.ident);
    let fields = idents.map(|ident| quote!(#ident: __value.#ident));
    let marker = marker(target).map(|_| quote!(__marker: ::core::marker::PhantomData));
    let fields = fields.chain(marker);
    quote! {
        #[automatically_derived]
        impl #parameters ::core::default::Default for #data #predicates {
            fn default() -> Self {
                let __value: #this = #value;
                Self { #(#fields),* }
            }
        }
    }
}
