//! Rules that involve several attributes.

use std::collections::BTreeMap;

use syn::DeriveInput;
use syn::ext::IdentExt;

use super::attr::{EventType, TypeAttrs};
use super::model::{AttributeField, EventVariant, Model, Payload, Struct};
use crate::error_collector::ErrorCollector;
use crate::{rule, symbol};

/// Checks all rules.
pub(super) fn check(
    errors: &ErrorCollector,
    input: &DeriveInput,
    attrs: &TypeAttrs,
    model: &Model<'_>,
) {
    for param in input.generics.lifetimes() {
        let lifetime = &param.lifetime;
        let message = format!(
            "an event type must own its data: use types such as `String` for its fields, and remove `{lifetime}`"
        );
        errors.add(lifetime, message);
    }
    match model {
        Model::Struct(model) => {
            check_event_type(errors, input, attrs, &model.attributes);
            check_duplicates(errors, attrs, &model.attributes);
            check_serde_keys(errors, model);
            check_kept_fields(errors, &model.attributes);
        }
        Model::Enum(variants) => {
            check_enum_keys(errors, attrs);
            check_other_variants(errors, variants);
        }
    }
}

/// Checks that a struct has an event type, and that no field sets it.
fn check_event_type(
    errors: &ErrorCollector,
    input: &DeriveInput,
    attrs: &TypeAttrs,
    fields: &[AttributeField<'_>],
) {
    let mut fields = fields.iter();
    if let Some(field) = fields.find(|field| field.attr.name == symbol::TYPE) {
        // A pattern was already reported.
        let ty = attrs.ty.as_ref().and_then(EventType::literal);
        if !ty.is_some_and(rule::is_family) {
            let message = "a field cannot set the event type: write `#[cloudevent(type = \"..\")]` on the struct, and a separate struct for each other type";
            errors.add(&field.attr.key, message);
        }
    } else if !attrs.has_or_suggests(symbol::TYPE) {
        let name = input.ident.unraw();
        let example = "#[cloudevent(type = \"com.example.order.placed\")]";
        errors.add(
            &input.ident,
            format!("`{name}` has no event type: add `{example}`"),
        );
    }
}

/// Checks that an attribute is set by either the type or one field.
fn check_duplicates(errors: &ErrorCollector, attrs: &TypeAttrs, fields: &[AttributeField<'_>]) {
    let mut seen = BTreeMap::new();
    // A field with `type` was already reported.
    let fields = fields
        .iter()
        .filter(|field| field.attr.name != symbol::TYPE);
    for field in fields {
        let name = field.attr.name.as_str();
        if attrs.has(name) {
            let message = format!("`{name}` is also set on the type: remove one of the two");
            errors.add(&field.attr.key, message);
        } else if let Some(first) = seen.insert(name, field.ident) {
            let message =
                format!("the field `{first}` already sets `{name}`: remove one of the two");
            errors.add(&field.attr.key, message);
        }
    }
}

/// Checks that serde writes the data field by field if a field is not data.
fn check_serde_keys(errors: &ErrorCollector, model: &Struct<'_>) {
    let Payload::Fields(data) = &model.data else {
        return;
    };
    let leaving = model.attributes.iter().find(|field| !field.attr.keep);
    let Some(field) = leaving else {
        return;
    };
    let (ident, attribute) = (field.ident, field.attr.key.name());
    for key in &data.container.opaque {
        let name = key.name();
        errors.add(key, format!(
            "with `{name}`, serde does not serialize the struct field by field, so `{ident}` cannot be excluded from the data: write `#[cloudevent({attribute}, keep)]`, or remove `{name}`"
        ));
    }
}

/// Checks that serde does not skip a field with `keep`.
fn check_kept_fields(errors: &ErrorCollector, fields: &[AttributeField<'_>]) {
    for field in fields.iter().filter(|field| field.attr.keep) {
        if let Some(key) = &field.skipped {
            let name = key.name();
            let message = format!(
                "`keep` includes the field in the data, but `{name}` excludes it: remove one of the two"
            );
            errors.add(key, message);
        }
    }
}

/// Checks that only one variant contains the events of all other types.
fn check_other_variants(errors: &ErrorCollector, variants: &[EventVariant<'_>]) {
    let mut others = variants.iter().filter(|variant| variant.is_other);
    let Some(first) = others.next() else {
        return;
    };
    for other in others {
        let message = format!(
            "`{}` already contains the events of all other types: remove one of the two",
            first.ident
        );
        errors.add(other.ident, message);
    }
}

/// Checks that an enum has no key but `crate`.
fn check_enum_keys(errors: &ErrorCollector, attrs: &TypeAttrs) {
    for key in attrs.keys.iter().filter(|key| key.name() != symbol::CRATE) {
        let name = key.name();
        errors.add(
            key,
            format!("an enum cannot have the key `{name}`: move it to the structs in the variants"),
        );
    }
}
