//! What the derive is to expand, once it has been read.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Data, DeriveInput, Field, Fields, Ident, Type, Variant};

use super::field_attr::{self, FieldAttr};
use super::{generics, serde_attr};
use crate::context::Context;

/// A type to implement `CloudEvent` for.
pub(super) enum Model<'i> {
    /// One event type.
    Struct(Box<Struct<'i>>),
    /// A closed set of event types.
    Enum(Vec<EventVariant<'i>>),
}

/// A struct that is one event type.
pub(super) struct Struct<'i> {
    /// The fields that give attributes.
    pub(super) attributes: Vec<AttributeField<'i>>,
    /// What the data is.
    pub(super) data: Payload<'i>,
    /// The fields, as they are written.
    pub(super) fields: &'i Fields,
}

impl Struct<'_> {
    /// Returns whether all events have the same attributes, but for id and time.
    pub(super) fn is_fixed(&self) -> bool {
        self.attributes.is_empty() && matches!(self.data, Payload::Whole)
    }
}

/// A field that gives an attribute.
pub(super) struct AttributeField<'i> {
    pub(super) attr: FieldAttr,
    pub(super) ident: &'i Ident,
    pub(super) ty: &'i Type,
}

/// What the data of a struct is.
pub(super) enum Payload<'i> {
    /// There is none.
    Nothing,
    /// The value, through its own serde impls.
    Whole,
    /// Some of the fields, through twins of the struct.
    Fields(Box<Twin<'i>>),
}

/// The part of a struct that is data.
pub(super) struct Twin<'i> {
    pub(super) container: serde_attr::Container,
    pub(super) fields: Vec<DataField<'i>>,
}

/// A field that stays in the data.
pub(super) struct DataField<'i> {
    pub(super) ident: &'i Ident,
    /// The type, without `Self`.
    pub(super) ty: TokenStream,
    pub(super) serde: serde_attr::FieldAttrs,
}

/// A variant of an enum, and the event type that it holds.
pub(super) struct EventVariant<'i> {
    pub(super) ident: &'i Ident,
    pub(super) ty: &'i Type,
}

impl<'i> Model<'i> {
    /// Reads the item; `None` where it can be no event at all, which is noted.
    pub(super) fn read(cx: &Context, input: &'i DeriveInput) -> Option<Self> {
        match &input.data {
            Data::Struct(data) => {
                let read = Struct::read(cx, input, &data.fields);
                Some(Self::Struct(Box::new(read)))
            }
            Data::Enum(data) => {
                if data.variants.is_empty() {
                    let message = "an enum of events has a variant for each event type, such as `Placed(OrderPlaced)`: add one";
                    cx.error(&input.ident, message);
                }
                let variants = data.variants.iter();
                Some(Self::Enum(
                    variants
                        .filter_map(|variant| EventVariant::read(cx, variant))
                        .collect(),
                ))
            }
            Data::Union(data) => {
                cx.error(
                    data.union_token,
                    "a union cannot be an event: use a struct, or an enum of structs",
                );
                None
            }
        }
    }
}

impl<'i> Struct<'i> {
    fn read(cx: &Context, input: &'i DeriveInput, fields: &'i Fields) -> Self {
        let this = generics::this(input);
        let mut attributes = Vec::new();
        let mut in_data = Vec::new();
        for field in fields {
            match named_attr(cx, field) {
                Some((ident, attr)) => {
                    if attr.keep {
                        in_data.push((ident, field));
                    }
                    let ty = &field.ty;
                    attributes.push(AttributeField { attr, ident, ty });
                }
                None => in_data.extend(field.ident.as_ref().map(|ident| (ident, field))),
            }
        }
        let leaves = attributes.iter().any(|field| !field.attr.keep);
        let data = match fields {
            Fields::Unit => Payload::Nothing,
            Fields::Named(_) if leaves && in_data.is_empty() => Payload::Nothing,
            Fields::Named(_) if leaves => Payload::Fields(Box::new(Twin {
                container: serde_attr::Container::read(&input.attrs, &this),
                fields: in_data
                    .into_iter()
                    .map(|(ident, field)| DataField::new(ident, field, &this))
                    .collect(),
            })),
            Fields::Named(_) | Fields::Unnamed(_) => Payload::Whole,
        };
        Self {
            attributes,
            data,
            fields,
        }
    }
}

/// Reads the attribute that a field gives, which needs a name.
fn named_attr<'i>(cx: &Context, field: &'i Field) -> Option<(&'i Ident, FieldAttr)> {
    let Some(ident) = &field.ident else {
        let message =
            "only a field with a name can give an attribute: write the struct with named fields";
        field_attr::refuse(cx, &field.attrs, message);
        return None;
    };
    field_attr::read(cx, field).map(|attr| (ident, attr))
}

impl<'i> DataField<'i> {
    fn new(ident: &'i Ident, field: &'i Field, this: &TokenStream) -> Self {
        Self {
            ident,
            ty: generics::without_self(field.ty.to_token_stream(), this),
            serde: serde_attr::FieldAttrs::read(&field.attrs, this),
        }
    }
}

impl<'i> EventVariant<'i> {
    fn read(cx: &Context, variant: &'i Variant) -> Option<Self> {
        let ident = &variant.ident;
        let message =
            format!("attributes belong on the struct that `{ident}` holds: move this there");
        field_attr::refuse(cx, &variant.attrs, &message);
        for field in &variant.fields {
            field_attr::refuse(cx, &field.attrs, &message);
        }
        let mut fields = variant.fields.iter();
        match (&variant.fields, fields.next(), fields.next()) {
            (Fields::Unnamed(_), Some(field), None) => Some(Self {
                ident,
                ty: &field.ty,
            }),
            (Fields::Unit, ..) => {
                let holds = "a variant holds an event type, a struct that derives `CloudEvent`";
                cx.error(
                    ident,
                    format!(
                        "{holds}: write `{ident}({ident})`, where the struct may be a unit struct"
                    ),
                );
                None
            }
            (Fields::Named(_), ..) => {
                let message = "a variant holds one event type: move the fields to a struct that derives `CloudEvent`";
                cx.error(
                    &variant.fields,
                    format!("{message}, and write `{ident}(TheStruct)`"),
                );
                None
            }
            (Fields::Unnamed(_), ..) => {
                let message = "a variant holds one event type, a struct that derives `CloudEvent`";
                cx.error(
                    &variant.fields,
                    format!("{message}: write `{ident}(TheStruct)`"),
                );
                None
            }
        }
    }
}
