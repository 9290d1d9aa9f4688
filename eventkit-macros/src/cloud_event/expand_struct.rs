//! The expansion for a struct.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Fields, Token, Visibility};

use super::attr::TypeAttrs;
use super::generics::Mention;
use super::model::{AttributeField, Payload, Struct};
use super::{Target, conversions, generics, json, twin};
use crate::literal::Extension;

const JSON: &str = "application/json";

/// Writes the constants, the impl of `CloudEvent`, and the conversions.
pub(super) fn expand(target: &Target<'_>, attrs: &TypeAttrs, model: &Struct<'_>) -> TokenStream {
    let ty = attrs
        .ty
        .as_ref()
        .map(syn::LitStr::value)
        .unwrap_or_default();
    let constants = constants(target, attrs, &ty);
    let metadata = metadata(target, attrs, &ty);
    let twins = match &model.data {
        Payload::Fields(twin) => twin::expand(target, twin),
        Payload::Nothing | Payload::Whole => TokenStream::new(),
    };
    let predicates = predicates(target, model);
    let implementation = implementation(target, attrs, model, &predicates);
    let conversions = conversions::expand(target, &predicates);
    let discovery = discovery(target);
    quote!(#metadata #constants #twins #implementation #conversions #discovery)
}

/// Adds the type to what the linker collects; one with parameters is no single type.
fn discovery(target: &Target<'_>) -> Option<TokenStream> {
    let Target {
        this,
        private,
        input,
    } = target;
    let concrete = input.generics.params.is_empty();
    concrete.then(|| quote!(#private::discover_event_type! { #this }))
}

/// Writes the constants of the type, which are as visible as it is.
pub(super) fn constants(target: &Target<'_>, attrs: &TypeAttrs, ty: &str) -> TokenStream {
    let visibility = match &target.input.vis {
        // The token of the user would have lints of the user's code look at the constants.
        Visibility::Public(_) => Visibility::Public(Token![pub](Span::call_site())),
        visibility => visibility.clone(),
    };
    let source = option(attrs.source.as_ref());
    let data_content_type = data_content_type(attrs);
    let data_schema = option(attrs.dataschema.as_ref());
    target.implement(
        &TokenStream::new(),
        &[],
        &quote! {
            /// The event type.
            #visibility const TYPE: &'static str = #ty;

            /// The source, where it is fixed.
            #visibility const SOURCE: ::core::option::Option<&'static str> = #source;

            /// The media type of the data.
            #visibility const DATA_CONTENT_TYPE: &'static str = #data_content_type;

            /// The URI of the schema of the data.
            #visibility const DATA_SCHEMA: ::core::option::Option<&'static str> = #data_schema;
        },
    )
}

fn metadata(target: &Target<'_>, attrs: &TypeAttrs, ty: &str) -> TokenStream {
    let private = &target.private;
    let source = option(attrs.source.as_ref());
    let subject = option(attrs.subject.as_ref());
    let data_content_type = data_content_type(attrs);
    let data_schema = option(attrs.dataschema.as_ref());
    let extensions = attrs.extensions.iter().map(|(name, value)| {
        let value = match value {
            Extension::Boolean(flag) => quote!(Boolean(#flag)),
            Extension::Integer(number) => quote!(Integer(#number)),
            Extension::String(text) => quote!(String(#text)),
        };
        quote!((#name, #private::Literal::#value))
    });
    quote! {
        const __METADATA: #private::Metadata = #private::Metadata {
            ty: #ty,
            source: #source,
            subject: #subject,
            data_content_type: #data_content_type,
            data_schema: #data_schema,
            extensions: &[#(#extensions),*],
        };
    }
}

fn data_content_type(attrs: &TypeAttrs) -> String {
    let given = attrs.datacontenttype.as_ref();
    given.map_or_else(|| JSON.to_owned(), syn::LitStr::value)
}

fn option(literal: Option<&syn::LitStr>) -> TokenStream {
    let text = literal.map(syn::LitStr::value);
    text.map_or_else(
        || quote!(::core::option::Option::None),
        |text| quote!(::core::option::Option::Some(#text)),
    )
}

/// Returns what the impls ask of a type with parameters.
fn predicates(target: &Target<'_>, model: &Struct<'_>) -> Vec<TokenStream> {
    let generics = &target.input.generics;
    if generics.params.is_empty() {
        return Vec::new();
    }
    let private = &target.private;
    let this = &target.this;
    let mut predicates = vec![quote!(#this: ::core::marker::Send + ::core::marker::Sync + 'static)];
    for field in &model.attributes {
        let ty = field.ty.to_token_stream();
        if !generics::mentioned(generics, ty.clone(), Mention::Anyhow).is_empty() {
            predicates.push(quote!(#ty: #private::Attribute));
        }
    }
    match &model.data {
        Payload::Nothing => {}
        Payload::Whole => predicates.push(quote! {
            #this: #private::serde::Serialize + #private::serde::de::DeserializeOwned
        }),
        Payload::Fields(twin) => predicates.extend(twin::predicates(target, twin)),
    }
    predicates
}

fn implementation(
    target: &Target<'_>,
    attrs: &TypeAttrs,
    model: &Struct<'_>,
    predicates: &[TokenStream],
) -> TokenStream {
    let private = &target.private;
    let attributes: Vec<_> = model
        .attributes
        .iter()
        .map(|field| set(target, field))
        .collect();
    let attribute_builder = attribute_builder(target, model, &attributes);
    let builder = builder(target, attrs, model, &attributes);
    let write = write(target, attrs, model);
    let decode = decode(target, model);
    target.implement(
        &quote!(#private::CloudEvent for),
        predicates,
        &quote! {
            const TYPES: &'static [&'static str] = &[__METADATA.ty];

            fn event_type(&self) -> &'static str {
                __METADATA.ty
            }

            fn try_clone(&self) -> ::core::option::Option<Self> {
                #[allow(unused_imports)]
                use #private::NotClone as _;
                #private::CloneProbe(self).try_clone()
            }

            fn event_builder(
                &self,
            ) -> ::core::result::Result<#private::EventBuilder, #private::EncodeError> {
                #builder
            }

            #attribute_builder

            #write

            fn from_reader(
                __source: &mut dyn #private::EventReader,
            ) -> ::core::result::Result<Self, #private::DecodeError> {
                #decode
            }
        },
    )
}

/// Writes the builder. It asks serde for what `write_to` asks for, in the same call, so that what is
/// missing is one error.
fn builder(
    target: &Target<'_>,
    attrs: &TypeAttrs,
    model: &Struct<'_>,
    attributes: &[TokenStream],
) -> TokenStream {
    let private = &target.private;
    let call = writer_call(target, attrs, model, &quote!(#private::BuilderWriter));
    call.unwrap_or_else(|| {
        quote! {
            let __builder = __METADATA.builder();
            #(#attributes)*
            ::core::result::Result::Ok(__builder)
        }
    })
}

/// Writes the builder without data; a type that has no data needs none beside the other.
fn attribute_builder(
    target: &Target<'_>,
    model: &Struct<'_>,
    attributes: &[TokenStream],
) -> Option<TokenStream> {
    let private = &target.private;
    (!matches!(model.data, Payload::Nothing)).then(|| {
        quote! {
            fn attribute_builder(
                &self,
            ) -> ::core::result::Result<#private::EventBuilder, #private::EncodeError> {
                let __builder = __METADATA.builder_without_data();
                #(#attributes)*
                ::core::result::Result::Ok(__builder)
            }
        }
    })
}

/// Writes how a message is made without an event in between; a type that has no data needs none.
fn write(target: &Target<'_>, attrs: &TypeAttrs, model: &Struct<'_>) -> Option<TokenStream> {
    let private = &target.private;
    let body = writer_call(target, attrs, model, &quote!(__writer))?;
    Some(quote! {
        fn write_to<__Writer: #private::EventWriter>(
            &self,
            __writer: __Writer,
        ) -> ::core::result::Result<__Writer::Output, #private::EncodeError> {
            #body
        }
    })
}

/// Writes the call that hands the value to a writer.
fn writer_call(
    target: &Target<'_>,
    attrs: &TypeAttrs,
    model: &Struct<'_>,
    writer: &TokenStream,
) -> Option<TokenStream> {
    let private = &target.private;
    let this = &target.this;
    let attributes = quote!(<Self as #private::CloudEvent>::attribute_builder(self)?);
    let head = json::head(attrs, &data_content_type(attrs));
    let head = head.map_or_else(
        || quote!(::core::option::Option::None),
        |head| quote!(::core::option::Option::Some(#head)),
    );
    Some(match &model.data {
        Payload::Nothing => return None,
        Payload::Whole if model.is_fixed() => quote! {
            #private::EventWriter::write::<#this>(
                #writer,
                #private::ValueAttributes::Fixed { metadata: &__METADATA, json_head: #head },
                self,
            )
        },
        Payload::Whole => quote! {
            #private::EventWriter::write::<#this>(
                #writer,
                #private::ValueAttributes::Built(#attributes),
                self,
            )
        },
        Payload::Fields(_) => {
            let view = twin::view(target);
            quote! {
                #private::EventWriter::write(
                    #writer,
                    #private::ValueAttributes::Built(#attributes),
                    &#view(self),
                )
            }
        }
    })
}

fn set(target: &Target<'_>, field: &AttributeField<'_>) -> TokenStream {
    let private = &target.private;
    let AttributeField { attr, ident, ty } = field;
    let name = &attr.name;
    quote! {
        let __builder = #private::attribute_field::<#ty>(#name).set(__builder, &self.#ident)?;
    }
}

fn decode(target: &Target<'_>, model: &Struct<'_>) -> TokenStream {
    let private = &target.private;
    let source = quote!(#private::EventReader);
    let fields = model
        .fields
        .iter()
        .map(|field| field_value(target, model, field));
    let this = &target.this;
    let read = quote!(#private::read_data);
    let attributes = quote!(let __attributes = #source::attributes(__source););
    match &model.data {
        Payload::Whole => quote!(#read::<#this, Self>(__source, __METADATA.ty)),
        Payload::Nothing if matches!(model.fields, Fields::Unit) => quote! {
            #source::read_attributes(__source, __METADATA.ty)?;
            ::core::result::Result::Ok(Self)
        },
        Payload::Nothing => quote! {
            #source::read_attributes(__source, __METADATA.ty)?;
            #attributes
            ::core::result::Result::Ok(Self { #(#fields),* })
        },
        Payload::Fields(_) => {
            let data = twin::data(target);
            quote! {
                let __data = #read::<#data, Self>(__source, __METADATA.ty)?;
                #attributes
                ::core::result::Result::Ok(Self { #(#fields),* })
            }
        }
    }
}

/// Writes where a field comes from: an attribute, or the data.
fn field_value(target: &Target<'_>, model: &Struct<'_>, field: &syn::Field) -> TokenStream {
    let private = &target.private;
    let ident = &field.ident;
    let mut attributes = model.attributes.iter();
    let attribute = attributes.find(|attribute| Some(attribute.ident) == ident.as_ref());
    match attribute {
        Some(attribute) if !attribute.attr.keep => {
            let (name, ty) = (&attribute.attr.name, attribute.ty);
            quote! {
                #ident: #private::attribute_field::<#ty>(#name).get(__attributes)?
            }
        }
        _ => quote!(#ident: __data.#ident),
    }
}
