//! The rules that more than one attribute has a part in.

use std::collections::BTreeMap;

use syn::DeriveInput;
use syn::ext::IdentExt;

use super::attr::TypeAttrs;
use super::keys;
use super::model::{AttributeField, Model, Payload, Struct};
use crate::context::Context;

/// Notes every broken rule.
pub(super) fn check(cx: &Context, input: &DeriveInput, attrs: &TypeAttrs, model: &Model<'_>) {
    for param in input.generics.lifetimes() {
        let lifetime = &param.lifetime;
        let message = format!(
            "an event type owns its data: use types such as `String` for its fields, and take out `{lifetime}`"
        );
        cx.error(lifetime, message);
    }
    match model {
        Model::Struct(model) => {
            event_type(cx, input, attrs);
            one_origin(cx, attrs, &model.attributes);
            field_by_field(cx, model);
        }
        Model::Enum(_) => nothing_on_an_enum(cx, attrs),
    }
}

/// A struct is of one event type.
fn event_type(cx: &Context, input: &DeriveInput, attrs: &TypeAttrs) {
    if !attrs.means(keys::TYPE) {
        let name = input.ident.unraw();
        let example = "#[cloudevent(type = \"com.example.order.placed\")]";
        cx.error(
            &input.ident,
            format!("`{name}` has no event type: add `{example}`"),
        );
    }
}

/// An attribute comes from the type or from one field.
fn one_origin(cx: &Context, attrs: &TypeAttrs, fields: &[AttributeField<'_>]) {
    let mut seen = BTreeMap::new();
    for field in fields {
        let name = field.attr.name.as_str();
        if attrs.gives(name) {
            let message = format!("`{name}` is given on the type as well: remove one of the two");
            cx.error(&field.attr.key, message);
        } else if let Some(first) = seen.insert(name, field.ident) {
            let message =
                format!("the field `{first}` gives `{name}` already: remove one of the two");
            cx.error(&field.attr.key, message);
        }
    }
}

/// A field can only leave data that is written field by field.
fn field_by_field(cx: &Context, model: &Struct<'_>) {
    let Payload::Fields(twin) = &model.data else {
        return;
    };
    let leaving = model.attributes.iter().find(|field| !field.attr.keep);
    let Some(field) = leaving else {
        return;
    };
    let (ident, attribute) = (field.ident, field.attr.key.name());
    for key in &twin.container.whole {
        let name = key.name();
        cx.error(key, format!(
            "with `{name}`, serde does not write the fields one by one, so `{ident}` cannot leave the data: write `#[cloudevent({attribute}, keep)]`, or remove `{name}`"
        ));
    }
}

/// The structs that an enum holds say everything but the path of the library.
fn nothing_on_an_enum(cx: &Context, attrs: &TypeAttrs) {
    for key in attrs.given.iter().filter(|key| key.name() != keys::CRATE) {
        let name = key.name();
        cx.error(key, format!(
            "`{name}` belongs on the structs: an enum is the set of the event types that its variants hold"
        ));
    }
}
