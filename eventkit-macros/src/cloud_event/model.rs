//! Model of the item: one event type, or a set of them.

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

/// Type to implement `CloudEvent` for.
pub(super) enum Model<'i> {
    /// One event type.
    Struct(Box<Struct<'i>>),
    /// A closed set of event types.
    Enum(Vec<EventVariant<'i>>),
}

/// Struct that is one event type.
pub(super) struct Struct<'i> {
    /// The fields that give attributes.
    pub(super) attributes: Vec<AttributeField<'i>>,
    /// The data.
    pub(super) data: Payload<'i>,
    /// All fields.
    pub(super) fields: &'i Fields,
}

/// Field that sets an attribute.
pub(super) struct AttributeField<'i> {
    pub(super) attr: FieldAttr,
    pub(super) ident: &'i Ident,
    pub(super) ty: &'i Type,
    /// The key of serde that leaves the field out of the data.
    pub(super) skipped: Option<Key>,
}

/// Data of a struct.
pub(super) enum Payload<'i> {
    /// No data.
    Nothing,
    /// The value itself, through its own serde impls.
    Whole,
    /// Some of the fields, through remote definitions.
    Fields(Box<DataStruct<'i>>),
}

/// Struct of the fields that are data.
pub(super) struct DataStruct<'i> {
    pub(super) container: serde_attr::Container,
    pub(super) fields: Vec<DataField<'i>>,
}

/// Field that is data.
pub(super) struct DataField<'i> {
    pub(super) ident: &'i Ident,
    /// The type, with `Self` replaced.
    pub(super) ty: TokenStream,
    pub(super) serde: serde_attr::FieldAttrs,
}

/// Variant of an enum, with the event type that it holds.
pub(super) struct EventVariant<'i> {
    pub(super) ident: &'i Ident,
    /// The event type, without the `Box` around it.
    pub(super) ty: Type,
    pub(super) is_boxed: bool,
    /// Whether it holds the events of all other types.
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
                    let message = "an enum of events has a variant for each event type, such as `Placed(OrderPlaced)`: add one";
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
                    attributes.push(AttributeField {
                        attr,
                        ident,
                        ty,
                        skipped,
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

/// Returns the attribute that a field sets; only named fields can set one.
fn named_attr<'i>(errors: &ErrorCollector, field: &'i Field) -> Option<(&'i Ident, FieldAttr)> {
    let Some(ident) = &field.ident else {
        let message =
            "only a field with a name can give an attribute: write the struct with named fields";
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

/// Rejects `#[cloudevent(..)]` on a variant of one event type.
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
                "write `#[cloudevent(other)]` alone: the variant holds the events of all other types",
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
        let message =
            format!("attributes belong on the struct that `{ident}` holds: move this there");
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
                "a variant for the events of all other types holds an event: write `{ident}(Event)`"
            );
            return errors.fail(ident, message);
        }
        let message = match (&variant.fields, fields.next(), fields.next()) {
            (Fields::Unnamed(_), Some(Field { ty, .. }), None) => {
                return Some(Self::new(ident, ty, is_other));
            }
            (Fields::Unnamed(_), ..) => format!(
                "a variant holds one event type, a struct that derives `CloudEvent`: write `{ident}(TheStruct)`"
            ),
            (Fields::Named(_), ..) => format!(
                "a variant holds one event type: move the fields to a struct that derives `CloudEvent`, and write `{ident}(TheStruct)`"
            ),
            (Fields::Unit, ..) => {
                let message = format!(
                    "a variant holds an event type, a struct that derives `CloudEvent`: write `{ident}({ident})`, where the struct may be a unit struct"
                );
                return errors.fail(ident, message);
            }
        };
        errors.fail(&variant.fields, message)
    }
}
