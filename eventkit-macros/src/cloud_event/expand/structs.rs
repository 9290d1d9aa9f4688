//! The expansion for a struct.

use eventkit_cesql::rules;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ExprPath, Token, Visibility};

use super::target::Target;
use super::{json, remote};
use crate::cloud_event::attr::{EventType, TypeAttrs};
use crate::cloud_event::generics::{self, ParamUse};
use crate::cloud_event::model::{AttributeField, Payload, Struct};
use crate::span::respanned;
use crate::value::Extension;
use crate::{rule, symbol, ty};

/// Returns the constants, the impl of `CloudEvent`, and the conversions.
pub(super) fn expand(target: &Target<'_>, model: &Struct<'_>) -> TokenStream {
    let (ty, checked_type) = event_type(target);
    let constants = constants(target, &ty);
    let metadata = metadata(target, model, &ty);
    let metadata = if target.has_dependent_type() {
        target.implement(&TokenStream::new(), &[], &quote!(#checked_type #metadata))
    } else {
        quote!(#checked_type #metadata)
    };
    let time = time_field(target, model);
    let remote = match &model.data {
        Payload::Fields(data) => remote::expand(target, data),
        Payload::Nothing | Payload::Whole => TokenStream::new(),
    };
    let predicates = predicates(target, model);
    let implementation = implementation(target, model, &predicates);
    let private = &target.private;
    let this = &target.this;
    let members = target.implement(
        &quote!(#private::EventMembers for),
        &[],
        &quote!(type Members = #private::Member<#this>;),
    );
    // A type with parameters has no single event type that can be registered.
    let concrete = target.input.generics.params.is_empty();
    let discovery = concrete.then(|| {
        quote! {
            #private::discover! {
                EVENT_TYPES: #private::TypedEvent = #private::TypedEvent::of::<#this>()
            }
        }
    });
    quote!(#metadata #constants #time #remote #implementation #members #discovery)
}

/// Returns the event type, and the constant that checks it if it is not a literal.
fn event_type(target: &Target<'_>) -> (TokenStream, TokenStream) {
    match &target.attrs.ty {
        Some(EventType::Constant(expr)) => {
            let private = &target.private;
            let private = respanned(private, expr.span());
            let value = generics::without_self(expr.clone(), &target.this);
            let checked = quote_spanned!(expr.span()=> #private::event_type(#value));
            let constant = quote! {
                const __EVENTKIT_TYPE: &'static ::core::primitive::str = #checked;
            };
            (target.constant("__EVENTKIT_TYPE"), constant)
        }
        literal => {
            let literal = literal.as_ref().and_then(EventType::literal);
            let literal = literal.unwrap_or_default();
            (quote!(#literal), TokenStream::new())
        }
    }
}

/// Returns the field that sets the time, whose type is checked if it is concrete.
fn time_field(target: &Target<'_>, model: &Struct<'_>) -> TokenStream {
    let private = &target.private;
    let mut fields = model.attributes.iter();
    let Some(field) = fields.find(|field| is_checked_time(target, field)) else {
        return TokenStream::new();
    };
    let ty = field.ty;
    let name = ty::text(ty);
    let at_type = respanned(private, ty.span());
    let checked = quote_spanned!(ty.span()=> #at_type::time_field::<#ty>(#name));
    quote!(const __EVENTKIT_TIME: #private::AttributeField<#ty> = #checked;)
}

fn is_checked_time(target: &Target<'_>, field: &AttributeField<'_>) -> bool {
    let params = &target.input.generics;
    field.attr.name == symbol::TIME
        && generics::used_params(params, field.ty.to_token_stream(), ParamUse::Any).is_empty()
}

/// Returns the field that sets an attribute.
fn attribute_field(target: &Target<'_>, field: &AttributeField<'_>) -> TokenStream {
    if is_checked_time(target, field) {
        return quote!(__EVENTKIT_TIME);
    }
    let (private, name, ty) = (&target.private, &field.attr.name, field.ty);
    quote!(#private::attribute_field::<#ty>(#name))
}

/// Returns the constants of the type, with its visibility.
pub(super) fn constants(target: &Target<'_>, ty: &TokenStream) -> TokenStream {
    let attrs = target.attrs;
    let visibility = match &target.input.vis {
        // With the span of the user's token, lints would treat the constants as the user's code.
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
            #visibility const TYPE: &'static ::core::primitive::str = #ty;

            /// The source, if it is fixed.
            #visibility const SOURCE: ::core::option::Option<&'static ::core::primitive::str> = #source;

            /// The media type of the data.
            #visibility const DATA_CONTENT_TYPE: &'static ::core::primitive::str = #data_content_type;

            /// The URI of the schema of the data.
            #visibility const DATA_SCHEMA: ::core::option::Option<&'static ::core::primitive::str> = #data_schema;
        },
    )
}

fn metadata(target: &Target<'_>, model: &Struct<'_>, ty: &TokenStream) -> TokenStream {
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
    let json_head = is_fixed(target, model).then(|| json::head(attrs, data_content_type));
    let json_head = option(json_head.flatten().as_deref());
    quote! {
        const __EVENTKIT_METADATA: #private::Metadata = #private::Metadata {
            ty: #ty,
            source: #source,
            subject: #subject,
            data_content_type: #data_content_type,
            data_schema: #data_schema,
            extensions: &[#(#extensions),*],
            json_head: #json_head,
        };
    }
}

/// Returns whether all values have only the attributes of the type.
fn is_fixed(target: &Target<'_>, model: &Struct<'_>) -> bool {
    model.attributes.is_empty() && target.attrs.computed.is_empty()
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
    let extensions = extensions(target, model);
    // In generic code, the probe cannot tell whether the type is `Clone`.
    let cloning = target.input.generics.params.is_empty().then(|| {
        quote! {
            const CLONING: #private::Cloning<Self> = {
                #[allow(unused_imports)]
                use #private::NotClone as _;
                #private::CloneProbe::<Self>::__EVENTKIT_CLONING
            };
        }
    });
    let metadata = target.metadata();
    let descriptor = descriptor(target, model);
    let without_source = (!declares_source(target, model)).then(|| {
        quote! {
            const WITHOUT_SOURCE: ::core::option::Option<&'static ::core::primitive::str> =
                ::core::option::Option::Some(#metadata.ty);
        }
    });
    let body = quote! {
        const TYPES: &'static [&'static ::core::primitive::str] = &[#metadata.ty];

        const EXTENSIONS: &'static [&'static [&'static ::core::primitive::str]] = &[&[#(#extensions),*]];

        const DESCRIPTORS: &'static [#private::EventDescriptor] = &[#descriptor];

        #without_source

        #cloning

        #encode

        #decode
    };
    target.implement_event(predicates, &body)
}

/// Returns the descriptor of the event type.
fn descriptor(target: &Target<'_>, model: &Struct<'_>) -> TokenStream {
    let private = &target.private;
    let metadata = target.metadata();
    let fields = model.attributes.iter().map(|field| {
        let (name, property, keep) = (&field.attr.name, &field.property, field.attr.keep);
        quote!(#private::FieldDescriptor::new(#name, #property, #keep))
    });
    let computed = target.attrs.computed.iter().map(|(name, _)| name);
    quote! {
        #private::EventDescriptor::new::<Self>(&#metadata, &[#(#fields),*], &[#(#computed),*])
    }
}

/// Returns whether the type, a field or a function sets the source.
fn declares_source(target: &Target<'_>, model: &Struct<'_>) -> bool {
    let fields = model.attributes.iter().map(|field| &field.attr.name);
    let computed = target.attrs.computed.iter().map(|(name, _)| name);
    target.attrs.has_or_suggests(symbol::SOURCE)
        || fields.chain(computed).any(|name| name == symbol::SOURCE)
}

/// Returns the extensions that events of the type declare.
fn extensions<'m>(target: &'m Target<'_>, model: &'m Struct<'_>) -> Vec<&'m str> {
    let fixed = target.attrs.extensions.iter();
    let fields = model.attributes.iter().map(|field| &field.attr.name);
    let computed = target.attrs.computed.iter().map(|(name, _)| name);
    let all = fixed.map(|(name, _)| name).chain(fields).chain(computed);
    all.map(String::as_str)
        .filter(|name| !rule::is_reserved(name))
        .collect()
}

/// Returns `event_builder` and, unless the type has no data and the defaults suffice,
/// `attribute_builder` and `write_to`.
fn encode(target: &Target<'_>, model: &Struct<'_>) -> TokenStream {
    let private = &target.private;
    let attributes = model.attributes.iter().map(|field| {
        let (ident, attribute) = (field.ident, attribute_field(target, field));
        quote! {
            let __eventkit_builder = #private::AttributeField::set(&#attribute, __eventkit_builder, &self.#ident)?;
        }
    });
    let computed = target.attrs.computed.iter();
    let computed = computed.map(|(name, function)| computed_attribute(target, name, function));
    let attributes: TokenStream = attributes.chain(computed).collect();
    let metadata = target.metadata();
    let built = |start: TokenStream| {
        quote! {
            let __eventkit_builder = #private::Metadata::#start(&#metadata);
            #attributes
            ::core::result::Result::Ok(__eventkit_builder)
        }
    };
    // The same call as in `write_to`, so that a missing serde impl causes one error. Calling
    // `write_to` would report again why the type is not an event.
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

/// Returns the statement that sets an attribute which a function computes.
fn computed_attribute(target: &Target<'_>, name: &str, function: &ExprPath) -> TokenStream {
    // Errors are located at the function, but names are resolved as in generated code.
    let span = Span::call_site().located_at(function.span());
    let private = respanned(&target.private, span);
    quote_spanned! {span=>
        let __eventkit_builder = #private::set_computed(__eventkit_builder, #name, #function(self))?;
    }
}

/// Returns the call that passes the value to a writer, or `None` if the type has no data.
fn writer_call(
    target: &Target<'_>,
    model: &Struct<'_>,
    writer: &TokenStream,
) -> Option<TokenStream> {
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
    let attributes = if is_fixed(target, model) {
        let metadata = target.metadata();
        quote!(Fixed(&#metadata))
    } else {
        quote!(Built(<Self as #private::CloudEvent>::attribute_builder(self)?))
    };
    Some(quote! {
        #private::EventWriter::write::<#ty>(#writer, #private::ValueAttributes::#attributes, #value)
    })
}

fn decode(target: &Target<'_>, model: &Struct<'_>) -> TokenStream {
    let private = &target.private;
    let metadata = target.metadata();
    let read =
        |ty: TokenStream| quote!(#private::read_data::<#ty, Self>(__eventkit_source, #metadata.ty));
    let read = match &model.data {
        Payload::Whole => return read(target.this.clone()),
        Payload::Nothing => {
            quote!(#private::EventReader::read_attributes(__eventkit_source, #metadata.ty)?;)
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
            let attribute = attribute_field(target, attribute);
            quote! {
                #ident: #private::AttributeField::get(&#attribute, __eventkit_attributes)?
            }
        }
        _ => quote!(#ident: __eventkit_data.#ident),
    }
}
