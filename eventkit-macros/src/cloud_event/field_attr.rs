//! Reads `#[cloudevent(..)]` on a field.

use syn::ext::IdentExt;
use syn::{Field, LitStr};

use super::keys;
use crate::context::Context;
use crate::literal;
use crate::meta::{self, Entry, Key, Value};
use crate::suggest;

/// Says which attribute a field gives.
pub(super) struct FieldAttr {
    /// The name of the attribute.
    pub(super) name: String,
    /// Where the field says so.
    pub(super) key: Key,
    /// Whether the field stays in the data as well.
    pub(super) keep: bool,
}

/// Reads all `#[cloudevent(..)]` on a field; `None` where it gives no attribute.
pub(super) fn read(cx: &Context, field: &Field) -> Option<FieldAttr> {
    let mut given: Option<(String, Key)> = None;
    let mut keep = None;
    for attribute in &field.attrs {
        if !attribute.path().is_ident(keys::CLOUDEVENT) {
            continue;
        }
        let example = "#[cloudevent(subject)]";
        for entry in meta::attribute_entries(cx, attribute, example) {
            match entry {
                Entry::Literal(literal) => {
                    cx.error(
                        literal,
                        "expected a key, such as `subject` or `extension = \"..\"`",
                    );
                }
                Entry::Keyed(key, value) if key.name() == keys::KEEP => {
                    no_value(cx, &key, &value);
                    keep = Some(key);
                }
                Entry::Keyed(key, value) => {
                    let name = attribute_name(cx, field, &key, &value);
                    match (&given, name) {
                        (Some((first, _)), Some(_)) => {
                            let second = key.name();
                            cx.error(&key, format!("the field gives `{first}` already: give `{second}` from a field of its own"));
                        }
                        (_, Some(name)) => given = Some((name, key)),
                        // A mistake that has been noted: the key is not missing as well.
                        (_, None) => return None,
                    }
                }
            }
        }
    }
    match (given, keep) {
        (Some((name, key)), keep) => Some(FieldAttr {
            name,
            key,
            keep: keep.is_some(),
        }),
        (None, Some(keep)) => {
            let message = "`keep` leaves an attribute in the data as well, but the field gives none: write which, such as `#[cloudevent(subject, keep)]`";
            cx.error(keep, message);
            None
        }
        (None, None) => None,
    }
}

/// Notes `#[cloudevent(..)]` on something that cannot give an attribute.
pub(super) fn refuse(cx: &Context, attributes: &[syn::Attribute], message: &str) {
    for attribute in attributes {
        if attribute.path().is_ident(keys::CLOUDEVENT) {
            cx.error(&attribute.meta, message);
        }
    }
}

fn attribute_name(cx: &Context, field: &Field, key: &Key, value: &Value) -> Option<String> {
    let name = key.name();
    match name {
        keys::ID | keys::SOURCE | keys::SUBJECT | keys::TIME => {
            no_value(cx, key, value).then(|| name.to_owned())
        }
        keys::EXTENSION => extension_name(cx, field, key, value),
        _ => {
            cx.error(key, refusal(name));
            None
        }
    }
}

fn no_value(cx: &Context, key: &Key, value: &Value) -> bool {
    let alone = matches!(value, Value::None);
    if !alone {
        let name = key.name();
        let what = if name == keys::KEEP {
            "it takes no value"
        } else {
            "the field is its value"
        };
        cx.error(key, format!("write `{name}` alone: {what}"));
    }
    alone
}

/// Returns the name that is written, or else that of the field.
fn extension_name(cx: &Context, field: &Field, key: &Key, value: &Value) -> Option<String> {
    let written: LitStr = match value {
        Value::Assigned(_) => literal::string(cx, key, value, |_| Ok(()))?,
        Value::List(..) => {
            cx.error(
                key,
                "the name of the extension stands after `=`: write `extension = \"name\"`",
            );
            return None;
        }
        Value::None => {
            let name = field.ident.as_ref()?.unraw().to_string();
            if !keys::is_extension_name(&name) || keys::RESERVED.contains(&name.as_str()) {
                let example = keys::as_extension_name(&name).unwrap_or_else(|| "..".to_owned());
                cx.error(key, format!("`{name}` cannot be the name of an extension: give one of lower-case letters a-z and digits, `extension = \"{example}\"`"));
                return None;
            }
            return Some(name);
        }
    };
    let name = written.value();
    if let Some(message) = refused_name(&name) {
        cx.error(written, message);
        return None;
    }
    Some(name)
}

fn refused_name(name: &str) -> Option<String> {
    match name {
        keys::ID | keys::SOURCE | keys::SUBJECT | keys::TIME => Some(format!(
            "`{name}` is no extension: write `#[cloudevent({name})]`"
        )),
        _ if keys::RESERVED.contains(&name) => Some(format!(
            "`{name}` is no extension: give the extension another name"
        )),
        _ => super::attr::extension_name(name),
    }
}

fn refusal(name: &str) -> String {
    match name {
        keys::TYPE | keys::DATACONTENTTYPE | keys::DATASCHEMA => format!(
            "`{name}` is the same for all events of a type: write `#[cloudevent({name} = \"..\")]` on the type"
        ),
        keys::SPECVERSION => "`specversion` is set by the library: remove it".to_owned(),
        keys::DATA => "every field that gives no attribute is data: remove it".to_owned(),
        keys::CRATE => "`crate` is a key of the type, not of a field".to_owned(),
        _ => match suggest::nearest(name, &keys::ON_FIELD) {
            Some(known) => format!("unknown key `{name}`: did you mean `{known}`?"),
            None if keys::is_extension_name(name) => format!(
                "unknown key `{name}`: a field gives `id`, `source`, `subject`, `time`, or an extension, `extension = \"{name}\"`"
            ),
            None => format!(
                "unknown key `{name}`: a field gives `id`, `source`, `subject`, `time`, or an extension, `extension = \"..\"`"
            ),
        },
    }
}
