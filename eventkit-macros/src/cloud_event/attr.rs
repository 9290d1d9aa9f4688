//! Reads `#[cloudevent(..)]` on a type.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{DeriveInput, LitStr, Meta, Path};

use super::keys;
use crate::context::Context;
use crate::literal::{self, Extension, Rule};
use crate::meta::{self, Entry, Key, Value};
use crate::{crate_path, suggest};

/// What the attributes on a type say.
#[derive(Default)]
pub(super) struct TypeAttrs {
    pub(super) krate: Option<Path>,
    pub(super) ty: Option<LitStr>,
    pub(super) source: Option<LitStr>,
    pub(super) subject: Option<LitStr>,
    pub(super) datacontenttype: Option<LitStr>,
    pub(super) dataschema: Option<LitStr>,
    pub(super) extensions: Vec<(String, Extension)>,
    /// Every key that is given, in order.
    pub(super) given: Vec<Key>,
    /// The keys that misspelt ones were meant to be.
    meant: Vec<&'static str>,
}

impl TypeAttrs {
    /// Reads all `#[cloudevent(..)]` on the type, and notes what is wrong with each key.
    pub(super) fn read(cx: &Context, input: &DeriveInput) -> Self {
        let mut attrs = Self::default();
        for attribute in &input.attrs {
            if !attribute.path().is_ident(keys::CLOUDEVENT) {
                continue;
            }
            if !matches!(attribute.meta, Meta::List(_)) {
                attrs.meant.push(keys::TYPE);
            }
            let example = "#[cloudevent(type = \"..\")]";
            for entry in meta::attribute_entries(cx, attribute, example) {
                attrs.entry(cx, entry);
            }
        }
        attrs
    }

    /// Returns whether the attribute of that name is given.
    pub(super) fn gives(&self, attribute: &str) -> bool {
        self.given.iter().any(|key| key.name() == attribute)
    }

    /// Returns whether the attribute is given, or was meant to be.
    pub(super) fn means(&self, attribute: &str) -> bool {
        self.gives(attribute) || self.meant.contains(&attribute)
    }

    fn entry(&mut self, cx: &Context, entry: Entry) {
        let (key, value) = match entry {
            Entry::Keyed(key, value) => (key, value),
            Entry::Literal(literal) => {
                let value = literal.to_token_stream();
                cx.error(literal, format!("expected a key: write `type = {value}`"));
                self.meant.push(keys::TYPE);
                return;
            }
        };
        let name = key.name();
        if self.gives(name) {
            cx.error(&key, format!("`{name}` is given twice: remove one"));
            return;
        }
        match name {
            keys::TYPE => self.ty = literal::string(cx, &key, &value, literal::event_type),
            keys::SOURCE => self.source = literal::string(cx, &key, &value, literal::source),
            keys::SUBJECT => self.subject = subject(cx, &key, &value),
            keys::DATACONTENTTYPE => {
                let rule: Rule = literal::datacontenttype;
                self.datacontenttype = literal::string(cx, &key, &value, rule);
            }
            keys::DATASCHEMA => {
                self.dataschema = literal::string(cx, &key, &value, literal::dataschema);
            }
            keys::CRATE => self.krate = crate_path::read(cx, &key, &value),
            keys::EXTENSION => return self.explicit_extensions(cx, &key, value),
            _ => {
                if let Some(meant) = meant(name) {
                    cx.error(&key, slip(name, meant));
                    self.meant.push(meant);
                    return;
                }
                if let Some(message) = extension_name(name) {
                    cx.error(&key, message);
                    return;
                }
                self.extension(cx, &key, &value);
            }
        }
        self.given.push(key);
    }

    /// Reads `extension(name = literal, ..)`, where a name may look like a misspelt key.
    fn explicit_extensions(&mut self, cx: &Context, key: &Key, value: Value) {
        let Value::List(tokens) = value else {
            cx.error(
                key,
                "write the extension by its name, `name = \"..\"`, or `extension(name = \"..\")`",
            );
            return;
        };
        self.extension_list(cx, tokens);
    }

    fn extension_list(&mut self, cx: &Context, tokens: TokenStream) {
        for entry in meta::entries(cx, tokens) {
            let (key, value) = match entry {
                Entry::Keyed(key, value) => (key, value),
                Entry::Literal(literal) => {
                    cx.error(
                        literal,
                        "expected the name of an extension, such as `extension(name = \"..\")`",
                    );
                    continue;
                }
            };
            let name = key.name();
            if let Some(message) = extension_name(name) {
                cx.error(&key, message);
            } else if self.gives(name) {
                cx.error(&key, format!("`{name}` is given twice: remove one"));
            } else {
                self.extension(cx, &key, &value);
                self.given.push(key);
            }
        }
    }

    fn extension(&mut self, cx: &Context, key: &Key, value: &Value) {
        if let Some(value) = literal::extension(cx, key, value) {
            self.extensions.push((key.name().to_owned(), value));
        }
    }
}

fn subject(cx: &Context, key: &Key, value: &Value) -> Option<LitStr> {
    if matches!(value, Value::None) {
        let fixed =
            "`subject` on the type is the same for all its events: write `subject = \"..\"`";
        cx.error(
            key,
            format!("{fixed}, or put `#[cloudevent(subject)]` on the field that gives it"),
        );
        return None;
    }
    literal::string(cx, key, value, literal::subject)
}

/// Returns the key that an unknown one looks like a slip of.
fn meant(name: &str) -> Option<&'static str> {
    let alias = keys::ALIASES
        .iter()
        .find(|(alias, _)| *alias == name.replace('_', ""));
    match alias {
        Some((_, meant)) => Some(meant),
        None => suggest::nearest(name, &keys::ON_TYPE),
    }
}

fn slip(name: &str, meant: &str) -> String {
    let question = format!("unknown attribute `{name}`: did you mean `{meant}`?");
    if keys::is_extension_name(name) {
        format!("{question} An extension of that name is set by `extension({name} = ..)`")
    } else {
        question
    }
}

/// Returns why an extension cannot have the name.
pub(super) fn extension_name(name: &str) -> Option<String> {
    let message = match name {
        keys::ID => "`id` differs from event to event: put `#[cloudevent(id)]` on the field that gives it, or leave it out for a random one".into(),
        keys::TIME => "`time` differs from event to event: put `#[cloudevent(time)]` on the field that gives it, or leave it out for the current one".into(),
        keys::SPECVERSION => "`specversion` is set by the library: remove it".into(),
        keys::DATA => "`data` is what the fields of the type are, and no attribute: give the extension another name".into(),
        _ if keys::RESERVED.contains(&name) => {
            format!("`{name}` is no extension: write `{name} = \"..\"` on its own, outside of `extension(..)`")
        }
        _ => return literal::extension_name(name).err(),
    };
    Some(message)
}
