//! `#[serde(..)]`, most of which is copied to the [remote](super::expand) definitions.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, ExprPath, Ident, LitStr, Token, WherePredicate};

use super::generics;
use crate::did_you_mean::did_you_mean;
use crate::error_collector::ErrorCollector;
use crate::meta::{self, Entry, Key, Value};
use crate::symbol;

/// Keys with which serde does not serialize and deserialize a container field by field.
const OPAQUE: [&str; 5] = ["from", "try_from", "into", "remote", "transparent"];

/// The keys of fields and containers.
const KNOWN: [&str; 28] = [
    "alias",
    "borrow",
    "bound",
    "content",
    "crate",
    "default",
    "deny_unknown_fields",
    "deserialize_with",
    "expecting",
    "flatten",
    "from",
    "getter",
    "into",
    "other",
    "remote",
    "rename",
    "rename_all",
    "rename_all_fields",
    "serialize_with",
    "skip",
    "skip_deserializing",
    "skip_serializing",
    "skip_serializing_if",
    "tag",
    "transparent",
    "try_from",
    "untagged",
    "with",
];

/// `#[serde(..)]` on the type.
#[derive(Default)]
pub(super) struct Container {
    /// The elements for both remote definitions.
    pub(super) carried: Vec<TokenStream>,
    /// The keys that cannot be combined with fields that are not data.
    pub(super) opaque: Vec<Key>,
    /// The source of missing fields.
    pub(super) default: Option<ContainerDefault>,
    /// Whether the type is renamed for serializing, and for deserializing.
    pub(super) renamed: (bool, bool),
    /// Whether `expecting` is given.
    pub(super) has_expecting: bool,
    /// The bounds for serialization that replace the inferred ones.
    pub(super) bound: Option<Vec<WherePredicate>>,
}

/// The source of the missing fields of a container.
pub(super) enum ContainerDefault {
    /// Its `Default` impl.
    Trait,
    /// A function.
    Path(ExprPath),
}

impl Container {
    /// Reads the attributes. `this` replaces `Self` in paths.
    pub(super) fn read(attributes: &[Attribute], this: &TokenStream) -> Self {
        let mut container = Self::default();
        for (key, value) in entries(attributes) {
            match key.name() {
                symbol::CRATE => {}
                name if OPAQUE.contains(&name) => container.opaque.push(key),
                "default" => container.default = Some(container_default(&value, this)),
                name => {
                    match name {
                        "rename" => container.renamed = directions(&value),
                        "expecting" => container.has_expecting = true,
                        "bound" => container.bound = serialize_bound(&value),
                        _ => {}
                    }
                    container.carried.push(element(&key, value, this));
                }
            }
        }
        container
    }
}

/// `#[serde(..)]` on a field.
#[derive(Default)]
pub(super) struct FieldAttrs {
    /// The elements, all of which are copied.
    pub(super) carried: Vec<TokenStream>,
    /// The bounds for serialization that replace the inferred ones.
    pub(super) bound: Option<Vec<WherePredicate>>,
}

impl FieldAttrs {
    /// Reads the attributes. `this` replaces `Self` in paths.
    pub(super) fn read(attributes: &[Attribute], this: &TokenStream) -> Self {
        let mut attrs = Self::default();
        for (key, value) in entries(attributes) {
            let bound = match key.name() {
                "skip" | "skip_serializing" | "with" | "serialize_with" => Some(Vec::new()),
                "bound" => serialize_bound(&value),
                _ => None,
            };
            if let Some(bound) = bound {
                attrs.bound.get_or_insert_default().extend(bound);
            }
            attrs.carried.push(element(&key, value, this));
        }
        attrs
    }
}

fn entries(attributes: &[Attribute]) -> Vec<(Key, Value)> {
    // Serde's derives report the errors in these attributes and misspelled keys.
    let unreported = ErrorCollector::default();
    let entries = meta::attribute_entries(&unreported, attributes, symbol::SERDE, "");
    let keyed = entries.into_iter().filter_map(keyed);
    keyed.filter(|(key, _)| !is_misspelt(key.name())).collect()
}

fn is_misspelt(name: &str) -> bool {
    !KNOWN.contains(&name) && did_you_mean(name, &KNOWN).is_some()
}

/// Returns the key with which serde skips a field, in one direction or both.
pub(super) fn skip_key(attributes: &[Attribute]) -> Option<Key> {
    let skips = ["skip", "skip_serializing", "skip_deserializing"];
    let mut keys = entries(attributes).into_iter().map(|(key, _)| key);
    keys.find(|key| skips.contains(&key.name()))
}

/// Returns the name that serde gives to a field when it deserializes the container.
pub(super) fn property(container: &[Attribute], field: &[Attribute], ident: &Ident) -> String {
    let named = |attributes: &[Attribute], wanted: &str| {
        let mut entries = entries(attributes).into_iter();
        let (_, value) = entries.find(|(key, _)| key.name() == wanted)?;
        let value = match value {
            Value::List(tokens) => {
                let mut list = list(&tokens).into_iter();
                list.find(|(key, _)| key.name() == "deserialize")?.1
            }
            value => value,
        };
        string(value.assigned()?.clone())
    };
    if let Some(name) = named(field, "rename") {
        return name;
    }
    let name = ident.unraw().to_string();
    match named(container, "rename_all") {
        Some(case) => in_case(&name, &case),
        None => name,
    }
}

/// Converts the name of a field as `rename_all` does. Serde reports an unknown case.
fn in_case(name: &str, case: &str) -> String {
    let pascal = || -> String {
        let words = name.split('_').map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(chars).collect::<String>()
        });
        words.collect()
    };
    match case {
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => name.to_ascii_uppercase(),
        "kebab-case" => name.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => name.to_ascii_uppercase().replace('_', "-"),
        "PascalCase" => pascal(),
        "camelCase" => {
            let pascal = pascal();
            let mut chars = pascal.chars();
            let first = chars.next().map(|first| first.to_ascii_lowercase());
            first.into_iter().chain(chars).collect()
        }
        _ => name.to_owned(),
    }
}

/// Reads the list of an element. Serde reports its errors.
fn list(tokens: &TokenStream) -> Vec<(Key, Value)> {
    let entries = meta::entries(&ErrorCollector::default(), tokens.clone());
    entries.into_iter().filter_map(keyed).collect()
}

fn keyed(entry: Entry) -> Option<(Key, Value)> {
    match entry {
        Entry::Keyed(key, value) => Some((key, value)),
        Entry::Literal(_) | Entry::Expression(_) | Entry::Malformed(_) => None,
    }
}

/// Returns an element with `Self` replaced at the start of paths.
fn element(key: &Key, value: Value, this: &TokenStream) -> TokenStream {
    match value {
        Value::None => key.to_token_stream(),
        Value::List(tokens) => quote!(#key(#tokens)),
        Value::Assigned(tokens) => {
            // Serde uses these paths in an impl for the remote definition.
            let tokens = generics::without_self(tokens, this);
            quote!(#key = #tokens)
        }
    }
}

fn string(tokens: TokenStream) -> Option<String> {
    syn::parse2::<LitStr>(tokens).ok().map(|text| text.value())
}

fn container_default(value: &Value, this: &TokenStream) -> ContainerDefault {
    let path = value.assigned().cloned();
    let path = path.and_then(|tokens| string(generics::without_self(tokens, this)));
    match path.and_then(|path| syn::parse_str(&path).ok()) {
        Some(path) => ContainerDefault::Path(path),
        None => ContainerDefault::Trait,
    }
}

/// Returns whether the value applies to serialization, and to deserialization.
fn directions(value: &Value) -> (bool, bool) {
    let Value::List(tokens) = value else {
        return (true, true);
    };
    let keys = list(tokens);
    let names = |wanted: &str| keys.iter().any(|(key, _)| key.name() == wanted);
    (names("serialize"), names("deserialize"))
}

fn serialize_bound(value: &Value) -> Option<Vec<WherePredicate>> {
    let text = match value {
        Value::None => None,
        Value::Assigned(tokens) => Some(tokens.clone()),
        Value::List(tokens) => list(tokens).into_iter().find_map(|(key, value)| {
            value
                .assigned()
                .filter(|_| key.name() == "serialize")
                .cloned()
        }),
    };
    let parser = Punctuated::<WherePredicate, Token![,]>::parse_terminated;
    let predicates = parser.parse_str(&string(text?)?).ok()?;
    Some(predicates.into_iter().collect())
}
