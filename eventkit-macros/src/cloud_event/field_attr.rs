//! `#[cloudevent(..)]` on a field.

use syn::ext::IdentExt;
use syn::{Field, LitStr};

use crate::did_you_mean::did_you_mean;
use crate::error_collector::ErrorCollector;
use crate::meta::{self, Entry, Key, Value};
use crate::{rule, symbol, value};

/// The keys of a field.
const KEYS: [&str; 6] = [
    symbol::ID,
    symbol::SOURCE,
    symbol::SUBJECT,
    symbol::TIME,
    symbol::EXTENSION,
    symbol::KEEP,
];

/// An attribute that a field sets.
pub(super) struct FieldAttr {
    /// The name of the attribute.
    pub(super) name: String,
    /// The key that declares it.
    pub(super) key: Key,
    /// Whether the field is also part of the data.
    pub(super) keep: bool,
}

/// Reads all `#[cloudevent(..)]` on a field, or returns `None` if it sets no attribute.
pub(super) fn read(errors: &ErrorCollector, field: &Field) -> Option<FieldAttr> {
    let mut given: Option<(String, Key)> = None;
    let mut keep = None;
    let example = "#[cloudevent(subject)]";
    for entry in meta::attribute_entries(errors, &field.attrs, symbol::CLOUDEVENT, example) {
        match entry {
            Entry::Literal(literal) => {
                let message = "expected a key, such as `subject` or `extension = \"..\"`";
                errors.add(literal, message);
            }
            Entry::Expression(expr) => {
                errors.add(
                    expr,
                    "expected a key, such as `subject` or `extension = \"..\"`",
                );
            }
            // The missing key is not reported in addition.
            Entry::Malformed(_) => return None,
            Entry::Keyed(key, value) if key.name() == symbol::KEEP => {
                no_value(errors, &key, &value);
                keep = Some(key);
            }
            Entry::Keyed(key, value) => {
                // An error was already reported, so the missing key is not reported in addition.
                let name = attribute_name(errors, field, &key, &value)?;
                if let Some((first, _)) = &given {
                    let second = key.name();
                    let message = format!(
                        "the field already sets `{first}`: set `{second}` with another field"
                    );
                    errors.add(&key, message);
                } else {
                    given = Some((name, key));
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
            let message = "`keep` requires the attribute that the field sets: write, for example, `#[cloudevent(subject, keep)]`";
            errors.fail(keep, message)
        }
        (None, None) => None,
    }
}

/// Rejects `#[cloudevent(..)]` on an item that cannot set an attribute.
pub(super) fn reject(errors: &ErrorCollector, attributes: &[syn::Attribute], message: &str) {
    for attribute in attributes {
        if attribute.path().is_ident(symbol::CLOUDEVENT) {
            errors.add(&attribute.meta, message);
        }
    }
}

fn attribute_name(
    errors: &ErrorCollector,
    field: &Field,
    key: &Key,
    value: &Value,
) -> Option<String> {
    let name = key.name();
    match name {
        symbol::ID | symbol::SOURCE | symbol::SUBJECT | symbol::TIME => {
            no_value(errors, key, value).then(|| name.to_owned())
        }
        // The type is rejected when the whole struct is known.
        symbol::TYPE => Some(name.to_owned()),
        symbol::EXTENSION => extension_name(errors, field, key, value),
        _ => errors.fail(key, unknown_key(name)),
    }
}

fn no_value(errors: &ErrorCollector, key: &Key, value: &Value) -> bool {
    let alone = matches!(value, Value::None);
    if !alone {
        let name = key.name();
        let what = if name == symbol::KEEP {
            "it is a flag"
        } else {
            "the field provides the value"
        };
        errors.add(key, format!("write `{name}` without a value: {what}"));
    }
    alone
}

/// Returns the explicit name of the extension, or the name of the field.
fn extension_name(
    errors: &ErrorCollector,
    field: &Field,
    key: &Key,
    value: &Value,
) -> Option<String> {
    let written: LitStr = match value {
        Value::Assigned(_) => value::string(errors, key, value, |_| Ok(()))?,
        Value::List(..) => {
            return errors.fail(
                key,
                "expected the name of the extension after `=`: write `extension = \"name\"`",
            );
        }
        Value::None => {
            let name = field.ident.as_ref()?.unraw().to_string();
            if let Some(message) = not_an_extension(&name) {
                return errors.fail(key, message);
            }
            return Some(name);
        }
    };
    let name = written.value();
    if let Err(message) = check_extension_name(&name) {
        return errors.fail(written, message);
    }
    Some(name)
}

/// Returns the reason why a field name cannot be the name of an extension, or `None` if it can.
fn not_an_extension(name: &str) -> Option<String> {
    let cannot = format!("`{name}` cannot be the name of an extension");
    if [symbol::ID, symbol::SOURCE, symbol::SUBJECT, symbol::TIME].contains(&name) {
        return Some(format!(
            "{cannot}: write `#[cloudevent({name})]`, or use another name, `extension = \"..\"`"
        ));
    }
    if rule::is_reserved(name) || name == symbol::DATA {
        return Some(format!("{cannot}: use another name, `extension = \"..\"`"));
    }
    let example = rule::as_extension_name(name).unwrap_or_else(|| "..".to_owned());
    (!rule::is_attribute_name(name)).then(|| {
        format!("{cannot}: use lower-case letters a-z and digits, `extension = \"{example}\"`")
    })
}

fn check_extension_name(name: &str) -> Result<(), String> {
    match name {
        symbol::ID | symbol::SOURCE | symbol::SUBJECT | symbol::TIME => Err(format!(
            "`{name}` is not an extension: write `#[cloudevent({name})]`"
        )),
        _ if rule::is_reserved(name) => Err(format!(
            "`{name}` is not an extension: use another name for the extension"
        )),
        _ => super::attr::extension_name(name),
    }
}

fn unknown_key(name: &str) -> String {
    match name {
        symbol::DATACONTENTTYPE | symbol::DATASCHEMA => format!(
            "`{name}` is the same for all events of a type: write `#[cloudevent({name} = \"..\")]` on the type"
        ),
        symbol::SPECVERSION => "`specversion` is set by the library: remove it".to_owned(),
        symbol::DATA => {
            "every field that does not set an attribute is part of the data: remove `data`"
                .to_owned()
        }
        symbol::CRATE => {
            "`crate` is a key of the type, not of a field: move it to the type".to_owned()
        }
        _ => {
            let help = did_you_mean(name, &KEYS).map_or_else(
                || {
                    let extension = if rule::is_attribute_name(name) { name } else { ".." };
                    format!("a field sets `id`, `source`, `subject`, `time`, or an extension, `extension = \"{extension}\"`")
                },
                |known| format!("did you mean `{known}`?"),
            );
            format!("unknown key `{name}`: {help}")
        }
    }
}
