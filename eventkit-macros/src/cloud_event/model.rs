//! The model of the item: one event type, or a set of event types.

use std::slice;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Type, Variant};

use super::field_attr::{self, FieldAttr};
use super::{generics, serde_attr};
use crate::did_you_mean::did_you_mean;
use crate::error_collector::ErrorCollector;
use crate::meta::{self, Entry, Key};
use crate::{symbol, ty};

/// The type to implement `CloudEvent` for.
pub(super) enum Model<'i> {
    /// One event type.
    Struct(Box<Struct<'i>>),
    /// A closed set of event types.
    Enum(Vec<EventVariant<'i>>),
}

/// A struct with one event type.
pub(super) struct Struct<'i> {
    /// The fields that set attributes.
    pub(super) attributes: Vec<AttributeField<'i>>,
    /// The data.
    pub(super) data: Payload<'i>,
    /// All fields.
    pub(super) fields: &'i Fields,
}

/// A field that sets an attribute.
pub(super) struct AttributeField<'i> {
    pub(super) attr: FieldAttr,
    pub(super) ident: &'i Ident,
    pub(super) ty: &'i Type,
    /// The serde key that excludes the field from the data.
    pub(super) skipped: Option<Key>,
    /// The name that serde gives to the field.
    pub(super) property: String,
}

/// The data of a struct.
pub(super) enum Payload<'i> {
    /// No data.
    Nothing,
    /// The value itself, through its own serde impls.
    Whole,
    /// Some of the fields, through remote definitions.
    Fields(Box<DataStruct<'i>>),
}

/// A struct of the fields that are data.
pub(super) struct DataStruct<'i> {
    pub(super) container: serde_attr::Container,
    pub(super) fields: Vec<DataField<'i>>,
}

/// A field that is data.
pub(super) struct DataField<'i> {
    pub(super) ident: &'i Ident,
    /// The type, with `Self` replaced.
    pub(super) ty: TokenStream,
    pub(super) serde: serde_attr::FieldAttrs,
}

/// A variant of an enum.
pub(super) struct EventVariant<'i> {
    pub(super) ident: &'i Ident,
    /// The type in the variant, without a `Box`.
    pub(super) ty: Type,
    pub(super) is_boxed: bool,
    /// Whether it contains the events of all other types.
    pub(super) is_other: bool,
}

impl<'i> Model<'i> {
    /// Reads the item, or reports why it cannot be an event.
    pub(super) fn read(errors: &ErrorCollector, input: &'i DeriveInput) -> Option<Self> {
        match &input.data {
            Data::Struct(data) => {
                let read = Struct::read(errors, input, &data.fields);
                Some(Self::Struct(Box::new(read)))
            }
            Data::Enum(data) => {
                let is_set = |variant: &Variant| !variant.attrs.iter().any(is_other);
                if !data.variants.iter().any(is_set) {
                    let message = "an enum of events needs a variant for each event type: add one such as `Placed(OrderPlaced)`";
                    errors.add(&input.ident, message);
                }
                let variants = data.variants.iter();
                Some(Self::Enum(
                    variants
                        .filter_map(|variant| EventVariant::read(errors, variant))
                        .collect(),
                ))
            }
            Data::Union(data) => errors.fail(
                data.union_token,
                "a union cannot be an event: use a struct, or an enum of structs",
            ),
        }
    }
}

impl<'i> Struct<'i> {
    fn read(errors: &ErrorCollector, input: &'i DeriveInput, fields: &'i Fields) -> Self {
        let this = generics::this(input);
        let mut attributes = Vec::new();
        let mut in_data = Vec::new();
        for field in fields {
            match named_attr(errors, field) {
                Some((ident, attr)) => {
                    if attr.keep {
                        in_data.push((ident, field));
                    }
                    let ty = &field.ty;
                    let skipped = serde_attr::skip_key(&field.attrs);
                    let property = serde_attr::property(&input.attrs, &field.attrs, ident);
                    attributes.push(AttributeField {
                        attr,
                        ident,
                        ty,
                        skipped,
                        property,
                    });
                }
                None => in_data.extend(field.ident.as_ref().map(|ident| (ident, field))),
            }
        }
        let leaves = attributes.iter().any(|field| !field.attr.keep);
        let data = match fields {
            Fields::Unit => Payload::Nothing,
            Fields::Named(_) if leaves && in_data.is_empty() => Payload::Nothing,
            Fields::Named(_) if leaves => Payload::Fields(Box::new(DataStruct {
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

/// Returns the attribute that a field sets. Only named fields can set one.
fn named_attr<'i>(errors: &ErrorCollector, field: &'i Field) -> Option<(&'i Ident, FieldAttr)> {
    let Some(ident) = &field.ident else {
        let message = "only a named field can set an attribute: write the struct with named fields";
        field_attr::reject(errors, &field.attrs, message);
        return None;
    };
    field_attr::read(errors, field).map(|attr| (ident, attr))
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

/// Returns whether an attribute is `#[cloudevent(other)]`.
fn is_other(attribute: &Attribute) -> bool {
    let key = attribute.parse_args::<Ident>();
    attribute.path().is_ident(symbol::CLOUDEVENT) && key.is_ok_and(|key| key == symbol::OTHER)
}

/// Rejects `#[cloudevent(..)]` on a variant with one event type.
fn reject_attributes(errors: &ErrorCollector, attributes: &[Attribute], message: &str) {
    let own = attributes
        .iter()
        .filter(|own| own.path().is_ident(symbol::CLOUDEVENT));
    for attribute in own {
        let unreported = ErrorCollector::default();
        let one = slice::from_ref(attribute);
        let entries = meta::attribute_entries(&unreported, one, symbol::CLOUDEVENT, "");
        let mut keys = entries.iter().filter_map(|entry| match entry {
            Entry::Keyed(key, _) | Entry::Malformed(key) => Some(key),
            Entry::Literal(_) | Entry::Expression(_) => None,
        });
        let meant = keys.find(|key| did_you_mean(key.name(), &[symbol::OTHER]).is_some());
        match meant {
            Some(key) if key.name() == symbol::OTHER => errors.add(
                &attribute.meta,
                "`other` cannot be combined with other keys: write `#[cloudevent(other)]`",
            ),
            Some(key) => {
                let name = key.name();
                errors.add(
                    key,
                    format!("unknown key `{name}`: did you mean `{}`?", symbol::OTHER),
                );
            }
            None => errors.add(&attribute.meta, message),
        }
    }
}

impl<'i> EventVariant<'i> {
    fn new(ident: &'i Ident, ty: &Type, is_other: bool) -> Self {
        let ty = ty::peeled(ty.clone());
        let inner = ty::wrapped(&ty, "Box").cloned().map(ty::peeled);
        Self {
            ident,
            is_boxed: inner.is_some(),
            is_other,
            ty: inner.unwrap_or(ty),
        }
    }

    fn read(errors: &ErrorCollector, variant: &'i Variant) -> Option<Self> {
        let ident = &variant.ident;
        let message = format!("the attribute belongs on the struct in `{ident}`: move it there");
        let is_other = variant.attrs.iter().any(is_other);
        if !is_other {
            reject_attributes(errors, &variant.attrs, &message);
        }
        for field in &variant.fields {
            field_attr::reject(errors, &field.attrs, &message);
        }
        let mut fields = variant.fields.iter();
        if is_other && variant.fields.len() != 1 {
            let message = format!(
                "a variant for the events of all other types must contain an event: write `{ident}(Event)`"
            );
            return errors.fail(ident, message);
        }
        let message = match (&variant.fields, fields.next(), fields.next()) {
            (Fields::Unnamed(_), Some(Field { ty, .. }), None) => {
                return Some(Self::new(ident, ty, is_other));
            }
            (Fields::Unnamed(_), ..) => format!(
                "a variant must contain a single struct that derives `CloudEvent`: write `{ident}(TheStruct)`"
            ),
            (Fields::Named(_), ..) => format!(
                "a variant must contain a single struct that derives `CloudEvent`: move the fields to it, and write `{ident}(TheStruct)`"
            ),
            (Fields::Unit, ..) => {
                let message = format!(
                    "a variant must contain a struct that derives `CloudEvent`, which may be a unit struct: write `{ident}({ident})`"
                );
                return errors.fail(ident, message);
            }
        };
        errors.fail(&variant.fields, message)
    }
}
