//! `#[cloudevent(..)]` on a type.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, DeriveInput, Expr, ExprPath, Path};

use crate::did_you_mean::did_you_mean;
use crate::error_collector::ErrorCollector;
use crate::meta::{self, Entry, Key, Value};
use crate::rule::{self, Rule};
use crate::value::{self, Extension};
use crate::{symbol, ty};

/// The keys of a type.
const KEYS: [&str; 7] = [
    symbol::TYPE,
    symbol::SOURCE,
    symbol::SUBJECT,
    symbol::DATACONTENTTYPE,
    symbol::DATASCHEMA,
    symbol::EXTENSION,
    symbol::CRATE,
];

/// The keys for names of other libraries and of older versions of the specification.
const ALIASES: [(&str, &str); 6] = [
    ("ty", symbol::TYPE),
    ("eventtype", symbol::TYPE),
    ("contenttype", symbol::DATACONTENTTYPE),
    ("mediatype", symbol::DATACONTENTTYPE),
    ("schema", symbol::DATASCHEMA),
    ("schemaurl", symbol::DATASCHEMA),
];

/// The event type of a struct.
pub(super) enum EventType {
    Literal(String),
    /// A constant, which the compiler checks.
    Constant(TokenStream),
}

impl EventType {
    /// Returns the text of a literal.
    pub(super) fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Constant(_) => None,
        }
    }
}

/// The attributes on a type.
#[derive(Default)]
pub(super) struct TypeAttrs {
    pub(super) crate_path: Option<Path>,
    pub(super) ty: Option<EventType>,
    pub(super) source: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) datacontenttype: Option<String>,
    pub(super) dataschema: Option<String>,
    pub(super) extensions: Vec<(String, Extension)>,
    /// The functions that compute attributes, by the name of the attribute.
    pub(super) computed: Vec<(String, ExprPath)>,
    /// All keys, in order.
    pub(super) keys: Vec<Key>,
    /// The keys that were suggested for misspelled or misplaced ones. They are not reported as
    /// missing.
    suggested: Vec<&'static str>,
}

impl TypeAttrs {
    /// Reads all `#[cloudevent(..)]` on the type, and reports malformed keys.
    pub(super) fn read(errors: &ErrorCollector, input: &DeriveInput) -> Self {
        let mut attrs = Self::default();
        let listless = |attribute: &Attribute| {
            attribute.path().is_ident(symbol::CLOUDEVENT) && attribute.meta.require_list().is_err()
        };
        if input.attrs.iter().any(listless) {
            attrs.suggested.push(symbol::TYPE);
        }
        let example = "#[cloudevent(type = \"..\")]";
        for entry in meta::attribute_entries(errors, &input.attrs, symbol::CLOUDEVENT, example) {
            attrs.entry(errors, entry);
        }
        attrs
    }

    /// Returns whether a key is present.
    pub(super) fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name() == name)
    }

    /// Returns whether a key is present, or was suggested for a misspelled one.
    pub(super) fn has_or_suggests(&self, name: &str) -> bool {
        self.has(name) || self.suggested.contains(&name)
    }

    fn entry(&mut self, errors: &ErrorCollector, entry: Entry) {
        let (key, value) = match entry {
            Entry::Keyed(key, value) => (key, value),
            Entry::Literal(literal) => {
                let value = literal.to_token_stream();
                errors.add(literal, format!("expected a key: write `type = {value}`"));
                self.suggested.push(symbol::TYPE);
                return;
            }
            Entry::Expression(expr) => {
                let value = ty::text(&expr);
                errors.add(expr, format!("expected a key: write `type = {value}`"));
                self.suggested.push(symbol::TYPE);
                return;
            }
            Entry::Malformed(key) => {
                self.keys.push(key);
                return;
            }
        };
        let name = key.name();
        if self.has(name) {
            errors.add(&key, format!("duplicate key `{name}`: remove one"));
            return;
        }
        let function = function(&value);
        match name {
            symbol::ID | symbol::SOURCE | symbol::SUBJECT | symbol::TIME
                if let Some(function) = function =>
            {
                self.computed.push((name.to_owned(), function));
            }
            symbol::TYPE => self.ty = event_type(errors, &key, &value),
            symbol::SOURCE => self.source = varying_text(errors, &key, &value, rule::source),
            symbol::SUBJECT => self.subject = subject(errors, &key, &value),
            symbol::DATACONTENTTYPE => {
                self.datacontenttype = text(errors, &key, &value, rule::datacontenttype);
            }
            symbol::DATASCHEMA => {
                self.dataschema = text(errors, &key, &value, rule::dataschema);
            }
            symbol::CRATE => self.crate_path = value::crate_path(errors, &key, &value),
            symbol::EXTENSION => return self.explicit_extensions(errors, &key, value),
            _ => {
                if let Some(known) = suggestion(name) {
                    errors.add(&key, unknown_key(name, known));
                    self.suggested.push(known);
                    return;
                }
                if let Err(message) = extension_name(name) {
                    errors.add(&key, message);
                    return;
                }
                self.extension(errors, &key, &value);
            }
        }
        self.keys.push(key);
    }

    /// Reads `extension(name = literal, ..)`, for names that resemble a key.
    fn explicit_extensions(&mut self, errors: &ErrorCollector, key: &Key, value: Value) {
        let Value::List(tokens) = value else {
            let message = "expected the name of an extension: write `name = \"..\"` or `extension(name = \"..\")`";
            errors.add(key, message);
            return;
        };
        for entry in meta::entries(errors, tokens) {
            let (key, value) = match entry {
                Entry::Keyed(key, value) => (key, value),
                Entry::Literal(literal) => {
                    let message =
                        "expected the name of an extension, such as `extension(name = \"..\")`";
                    errors.add(literal, message);
                    continue;
                }
                Entry::Expression(expr) => {
                    errors.add(expr, "expected the name of an extension");
                    continue;
                }
                Entry::Malformed(_) => continue,
            };
            let name = key.name();
            if let Err(message) = extension_name(name) {
                errors.add(&key, message);
            } else if self.has(name) {
                errors.add(&key, format!("duplicate key `{name}`: remove one"));
            } else {
                self.extension(errors, &key, &value);
                self.keys.push(key);
            }
        }
    }

    fn extension(&mut self, errors: &ErrorCollector, key: &Key, value: &Value) {
        if let Some(function) = function(value) {
            self.computed.push((key.name().to_owned(), function));
        } else if let Some(value) = value::extension(errors, key, value) {
            self.extensions.push((key.name().to_owned(), value));
        }
    }
}

/// Reads `type = "text"` or `type = CONSTANT`.
fn event_type(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<EventType> {
    match expression(value) {
        Some(expr) if is_constant(&expr) => Some(EventType::Constant(expr.into_token_stream())),
        _ => text(errors, key, value, rule::event_type).map(EventType::Literal),
    }
}

/// Returns the path of a function, if the value is one.
fn function(value: &Value) -> Option<ExprPath> {
    match expression(value)? {
        Expr::Path(path) => Some(path),
        _ => None,
    }
}

/// Parses a value, without the invisible group around an `$e:expr` of a macro.
fn expression(value: &Value) -> Option<Expr> {
    let mut expr = syn::parse2(value.assigned()?.clone()).ok()?;
    while let Expr::Group(group) = expr {
        expr = *group.expr;
    }
    Some(expr)
}

/// Returns whether an expression is a constant, and not a literal.
fn is_constant(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Path(_) | Expr::Macro(_) | Expr::Block(_) | Expr::Call(_)
    )
}

fn text(errors: &ErrorCollector, key: &Key, value: &Value, rule: Rule) -> Option<String> {
    value::string(errors, key, value, rule).map(|literal| literal.value())
}

fn subject(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<String> {
    if matches!(value, Value::None) {
        let fixed = "`subject` needs a value: write `subject = \"..\"` for all events of the type";
        return errors.fail(
            key,
            format!("{fixed}, or put `#[cloudevent(subject)]` on the field that sets it"),
        );
    }
    varying_text(errors, key, value, rule::subject)
}

/// Reads the text of an attribute that a function can also compute.
fn varying_text(errors: &ErrorCollector, key: &Key, value: &Value, rule: Rule) -> Option<String> {
    if let Some(expr) = expression(value).filter(|expr| !matches!(expr, Expr::Lit(_))) {
        let name = key.name();
        let message = format!(
            "expected a string literal or the path of a function: write `{name} = \"..\"` or `{name} = path::to::function`"
        );
        return errors.fail(expr, message);
    }
    text(errors, key, value, rule)
}

/// Returns the key that an unknown one resembles.
fn suggestion(name: &str) -> Option<&'static str> {
    let alias = ALIASES
        .iter()
        .find(|(alias, _)| *alias == name.replace('_', ""));
    match alias {
        Some((_, key)) => Some(key),
        None => did_you_mean(name, &KEYS),
    }
}

fn unknown_key(name: &str, known: &str) -> String {
    let question = format!("unknown attribute `{name}`: did you mean `{known}`?");
    if rule::is_attribute_name(name) {
        format!("{question} To set an extension with this name, write `extension({name} = ..)`")
    } else {
        question
    }
}

/// Checks the name of an extension.
pub(super) fn extension_name(name: &str) -> Result<(), String> {
    Err(match name {
        symbol::ID => "`id` differs from event to event: set it with `#[cloudevent(id)]` on a field, compute it with `id = path::to::function`, or omit it for a random id".into(),
        symbol::TIME => "`time` differs from event to event: set it with `#[cloudevent(time)]` on a field, compute it with `time = path::to::function`, or omit it for the current time".into(),
        symbol::SPECVERSION => "`specversion` is set by the library: remove it".into(),
        symbol::DATA => "`data` is not an attribute, because the fields of the type are the data: use another name for the extension".into(),
        _ if rule::is_reserved(name) => {
            format!("`{name}` is not an extension: write `{name} = \"..\"` outside of `extension(..)`")
        }
        _ => return rule::extension_name(name),
    })
}
