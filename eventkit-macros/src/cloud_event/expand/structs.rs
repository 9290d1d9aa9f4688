//! Expansion for a struct.

use eventkit_cesql::rules;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Token, Visibility};

use super::target::Target;
use super::{json, remote};
use crate::cloud_event::attr::TypeAttrs;
use crate::cloud_event::generics::{self, ParamUse};
use crate::cloud_event::model::{AttributeField, Payload, Struct};
use crate::value::Extension;

/// Returns the constants, the impl of `CloudEvent`, and the conversions.
pub(super) fn expand(target: &Target<'_>, model: &Struct<'_>) -> TokenStream {
    let ty = target.attrs.ty.as_deref().unwrap_or_default();
    let constants = constants(target, ty);
    let metadata = metadata(target, ty);
    let remote = match &model.data {
        Payload::Fields(data) => remote::expand(target, data),
        Payload::Nothing | Payload::Whole => TokenStream::new(),
    };
    let predicates = predicates(target, model);
    let implementation = implementation(target, model, &predicates);
    let private = &target.private;
    // A type with parameters has no single event type to register.
    let concrete = target.input.generics.params.is_empty();
    let discovery = concrete.then(|| {
        let this = &target.this;
        quote! {
            #private::discover! {
                EVENT_TYPES: #private::TypedEvent = #private::TypedEvent::of::<#this>()
            }
        }
    });
    quote!(#metadata #constants #remote #implementation #discovery)
}

/// Returns the constants of the type, which are as visible as it is.
pub(super) fn constants(target: &Target<'_>, ty: &str) -> TokenStream {
    let attrs = target.attrs;
    let visibility = match &target.input.vis {
        // With the user's token, lints would apply to the constants as to the user's code.
        Visibility::Public(_) => Visibility::Public(Token![pub](Span::call_site())),
        visibility => visibility.clone(),
    };
    let source = option(attrs.source.as_deref());
    let data_content_type = data_content_type(attrs);
    let data_schema = option(attrs.dataschema.as_deref());
    target.implement(
        &TokenStream::new(),
        &[],
        &quote! {
            /// The event type.
            #visibility const TYPE: &'static str = #ty;

            /// The source, if it is fixed.
            #visibility const SOURCE: ::core::option::Option<&'static str> = #source;

            /// The media type of the data.
            #visibility const DATA_CONTENT_TYPE: &'static str = #data_content_type;

            /// The URI of the schema of the data.
            #visibility const DATA_SCHEMA: ::core::option::Option<&'static str> = #data_schema;
        },
    )
}

fn metadata(target: &Target<'_>, ty: &str) -> TokenStream {
    let (private, attrs) = (&target.private, target.attrs);
    let source = option(attrs.source.as_deref());
    let subject = option(attrs.subject.as_deref());
    let data_content_type = data_content_type(attrs);
    let data_schema = option(attrs.dataschema.as_deref());
    let extensions = attrs.extensions.iter().map(|(name, value)| {
        let value = match value {
            Extension::Boolean(flag) => quote!(Boolean(#flag)),
            Extension::Integer(number) => quote!(Integer(#number)),
            Extension::String(text) => quote!(Text(#text)),
        };
        quote!((#name, #private::AttributeRef::#value))
    });
    quote! {
        const __EVENTKIT_METADATA: #private::Metadata = #private::Metadata {
            ty: #ty,
            source: #source,
            subject: #subject,
            data_content_type: #data_content_type,
            data_schema: #data_schema,
            extensions: &[#(#extensions),*],
        };
    }
}

fn data_content_type(attrs: &TypeAttrs) -> &str {
    attrs.datacontenttype.as_deref().unwrap_or(rules::JSON)
}

fn option(text: Option<&str>) -> TokenStream {
    text.map_or_else(
        || quote!(::core::option::Option::None),
        |text| quote!(::core::option::Option::Some(#text)),
    )
}

/// Returns the predicates of the impls for a type with parameters.
fn predicates(target: &Target<'_>, model: &Struct<'_>) -> Vec<TokenStream> {
    let (private, this, generics) = (&target.private, &target.this, &target.input.generics);
    let attributes = model
        .attributes
        .iter()
        .map(|field| field.ty.to_token_stream());
    let generic =
        |ty: &TokenStream| !generics::used_params(generics, ty.clone(), ParamUse::Any).is_empty();
    let attributes = attributes
        .filter(generic)
        .map(|ty| quote!(#ty: #private::Attribute));
    let data = match &model.data {
        Payload::Nothing => Vec::new(),
        Payload::Whole => vec![quote! {
            #this: #private::serde::Serialize + #private::serde::de::DeserializeOwned
        }],
        Payload::Fields(data) => remote::predicates(target, data),
    };
    target.predicates(attributes.chain(data))
}

fn implementation(
    target: &Target<'_>,
    model: &Struct<'_>,
    predicates: &[TokenStream],
) -> TokenStream {
    let private = &target.private;
    let encode = encode(target, model);
    let decode = target.reader_method(&decode(target, model));
    let body = quote! {
        const TYPES: &'static [&'static str] = &[__EVENTKIT_METADATA.ty];

        fn event_type(&self) -> &'static str {
            __EVENTKIT_METADATA.ty
        }

        fn try_clone(&self) -> ::core::option::Option<Self> {
            #[allow(unused_imports)]
            use #private::NotClone as _;
            #private::CloneProbe(self).try_clone()
        }

        #encode

        #decode
    };
    target.implement_event(predicates, &body)
}

/// Returns `event_builder`, and unless the type has no data and their defaults suffice,
/// `attribute_builder` and `write_to`.
fn encode(target: &Target<'_>, model: &Struct<'_>) -> TokenStream {
    let private = &target.private;
    let attributes = model.attributes.iter().map(|AttributeField { attr, ident, ty }| {
        let name = &attr.name;
        quote! {
            let __eventkit_builder = #private::attribute_field::<#ty>(#name).set(__eventkit_builder, &self.#ident)?;
        }
    });
    let attributes: TokenStream = attributes.collect();
    let built = |start: TokenStream| {
        quote! {
            let __eventkit_builder = __EVENTKIT_METADATA.#start();
            #attributes
            ::core::result::Result::Ok(__eventkit_builder)
        }
    };
    // The same call as in `write_to`, so that a missing serde impl is one error.
    let builder = writer_call(target, model, &quote!(#private::BuilderWriter));
    let builder = builder.unwrap_or_else(|| built(quote!(builder)));
    let event_builder = target.builder_method("event_builder", &builder);
    let write = writer_call(target, model, &quote!(__eventkit_writer)).map(|write| {
        let built = built(quote!(builder_without_data));
        let attribute_builder = target.builder_method("attribute_builder", &built);
        let write_to = target.writer_method(&write);
        quote!(#attribute_builder #write_to)
    });
    quote!(#event_builder #write)
}

/// Returns the call that passes the value to a writer, or `None` if the type has no data.
fn writer_call(
    target: &Target<'_>,
    model: &Struct<'_>,
    writer: &TokenStream,
) -> Option<TokenStream> {
    let attrs = target.attrs;
    let private = &target.private;
    let this = &target.this;
    let (ty, value) = match &model.data {
        Payload::Nothing => return None,
        Payload::Whole => (this.clone(), quote!(self)),
        Payload::Fields(_) => {
            let view = remote::view(target);
            (quote!(_), quote!(&#view(self)))
        }
    };
    let attributes = if model.attributes.is_empty() {
        let head = option(json::head(attrs, data_content_type(attrs)).as_deref());
        quote!(Fixed { metadata: &__EVENTKIT_METADATA, json_head: #head })
    } else {
        quote!(Built(<Self as #private::CloudEvent>::attribute_builder(self)?))
    };
    Some(quote! {
        #private::EventWriter::write::<#ty>(#writer, #private::ValueAttributes::#attributes, #value)
    })
}

fn decode(target: &Target<'_>, model: &Struct<'_>) -> TokenStream {
    let private = &target.private;
    let read = |ty: TokenStream| quote!(#private::read_data::<#ty, Self>(__eventkit_source, __EVENTKIT_METADATA.ty));
    let read = match &model.data {
        Payload::Whole => return read(target.this.clone()),
        Payload::Nothing => {
            quote!(#private::EventReader::read_attributes(__eventkit_source, __EVENTKIT_METADATA.ty)?;)
        }
        Payload::Fields(_) => {
            let data = read(remote::data_type(target));
            quote!(let __eventkit_data = #data?;)
        }
    };
    let fields = model
        .fields
        .iter()
        .map(|field| field_value(target, model, field));
    quote! {
        #read
        let __eventkit_attributes = #private::EventReader::attributes(__eventkit_source);
        ::core::result::Result::Ok(Self { #(#fields),* })
    }
}

/// Returns the initializer of a field: from an attribute, or from the data.
fn field_value(target: &Target<'_>, model: &Struct<'_>, field: &syn::Field) -> TokenStream {
    let private = &target.private;
    let ident = &field.ident;
    let mut attributes = model.attributes.iter();
    let attribute = attributes.find(|attribute| Some(attribute.ident) == ident.as_ref());
    match attribute {
        Some(attribute) if !attribute.attr.keep => {
            let (name, ty) = (&attribute.attr.name, attribute.ty);
            quote! {
                #ident: #private::attribute_field::<#ty>(#name).get(__eventkit_attributes)?
            }
        }
        _ => quote!(#ident: __eventkit_data.#ident),
    }
}
