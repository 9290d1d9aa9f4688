//! Reads `#[serde(..)]`, of which a type with attribute fields carries most over to its twins.

use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, ExprPath, LitStr, Token, WherePredicate};

use crate::context::Context;
use crate::meta::{self, Entry, Key, Value};

/// Keys by which a container is not read and written field by field.
const WHOLE: [&str; 5] = ["from", "try_from", "into", "remote", "transparent"];

/// What `#[serde(..)]` on the type says.
#[derive(Default)]
pub(super) struct Container {
    /// What both twins carry over.
    pub(super) carried: Vec<TokenStream>,
    /// Keys that do not go with fields that leave the data.
    pub(super) whole: Vec<Key>,
    /// Where absent fields come from.
    pub(super) default: Option<ContainerDefault>,
    /// Whether there is a name for serializing, and one for deserializing.
    pub(super) renamed: (bool, bool),
    /// Whether there is a text for what is expected.
    pub(super) has_expecting: bool,
    /// The bounds for serializing that are given in the place of inferred ones.
    pub(super) bound: Option<Vec<WherePredicate>>,
}

/// Where a container takes absent fields from.
pub(super) enum ContainerDefault {
    /// Its own `Default`.
    Trait,
    /// The value that a function returns.
    Path(ExprPath),
}

impl Container {
    /// Reads the attributes; `this` is the type, for paths that start with `Self`.
    pub(super) fn read(attributes: &[Attribute], this: &TokenStream) -> Self {
        let mut container = Self::default();
        for (key, value) in entries(attributes) {
            match key.name() {
                "crate" => {}
                name if WHOLE.contains(&name) => container.whole.push(key),
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

/// What `#[serde(..)]` on a field says.
pub(super) struct FieldAttrs {
    /// All of it.
    pub(super) carried: Vec<TokenStream>,
    /// Whether serde asks the type of the field for `Serialize`.
    pub(super) needs_serialize: bool,
    /// Bounds for serializing in the place of inferred ones.
    pub(super) bound: Vec<WherePredicate>,
}

impl FieldAttrs {
    /// Reads the attributes; `this` is the type, for paths that start with `Self`.
    pub(super) fn read(attributes: &[Attribute], this: &TokenStream) -> Self {
        let mut attrs = Self {
            carried: Vec::new(),
            needs_serialize: true,
            bound: Vec::new(),
        };
        for (key, value) in entries(attributes) {
            let bound = match key.name() {
                "skip" | "skip_serializing" | "with" | "serialize_with" => Some(Vec::new()),
                "bound" => serialize_bound(&value),
                _ => None,
            };
            if let Some(bound) = bound {
                attrs.needs_serialize = false;
                attrs.bound.extend(bound);
            }
            attrs.carried.push(element(&key, value, this));
        }
        attrs
    }
}

fn entries(attributes: &[Attribute]) -> Vec<(Key, Value)> {
    // serde reports what is malformed here, in the expansion of its own derive.
    let unreported = Context::default();
    let serde = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"));
    let entries = serde.flat_map(|attribute| meta::attribute_entries(&unreported, attribute, ""));
    let keyed = |entry| match entry {
        Entry::Keyed(key, value) => Some((key, value)),
        Entry::Literal(_) => None,
    };
    entries.filter_map(keyed).collect()
}

/// Writes an element as it was read, but for `Self` at the start of paths.
fn element(key: &Key, value: Value, this: &TokenStream) -> TokenStream {
    match value {
        Value::None => key.to_token_stream(),
        Value::List(tokens) => quote!(#key(#tokens)),
        Value::Assigned(tokens) => {
            let tokens: TokenStream = tokens
                .into_iter()
                .map(|tree| without_self(tree, this))
                .collect();
            quote!(#key = #tokens)
        }
    }
}

/// Serde puts such a path into an impl for the twin, where `Self` would be the twin.
fn without_self(tree: TokenTree, this: &TokenStream) -> TokenTree {
    match tree {
        TokenTree::Group(group) => {
            let stream = group
                .stream()
                .into_iter()
                .map(|tree| without_self(tree, this));
            let mut same = Group::new(group.delimiter(), stream.collect());
            same.set_span(group.span());
            same.into()
        }
        TokenTree::Literal(literal) => {
            let Some(text) = string(literal.to_token_stream()) else {
                return literal.into();
            };
            let Some(rest) = text.strip_prefix("Self::") else {
                return literal.into();
            };
            let mut replaced = Literal::string(&format!("<{this}>::{rest}"));
            replaced.set_span(literal.span());
            replaced.into()
        }
        tree => tree,
    }
}

fn string(tokens: TokenStream) -> Option<String> {
    syn::parse2::<LitStr>(tokens).ok().map(|text| text.value())
}

fn container_default(value: &Value, this: &TokenStream) -> ContainerDefault {
    let text = value.assigned().cloned().and_then(string);
    let text = text.map(|text| match text.strip_prefix("Self::") {
        Some(rest) => format!("<{this}>::{rest}"),
        None => text,
    });
    match text.and_then(|text| syn::parse_str(&text).ok()) {
        Some(path) => ContainerDefault::Path(path),
        None => ContainerDefault::Trait,
    }
}

/// Returns for which of serializing and deserializing the value gives something.
fn directions(value: &Value) -> (bool, bool) {
    let Value::List(tokens) = value else {
        return (true, true);
    };
    let unreported = Context::default();
    let entries = meta::entries(&unreported, tokens.clone());
    let names = |wanted: &str| {
        let keyed = |entry: &Entry| matches!(entry, Entry::Keyed(key, _) if key.name() == wanted);
        entries.iter().any(keyed)
    };
    (names("serialize"), names("deserialize"))
}

fn serialize_bound(value: &Value) -> Option<Vec<WherePredicate>> {
    let text = match value {
        Value::None => None,
        Value::Assigned(tokens) => Some(tokens.clone()),
        Value::List(tokens) => {
            let unreported = Context::default();
            let entries = meta::entries(&unreported, tokens.clone());
            entries.into_iter().find_map(|entry| match entry {
                Entry::Keyed(key, Value::Assigned(tokens)) if key.name() == "serialize" => {
                    Some(tokens)
                }
                _ => None,
            })
        }
    };
    let parser = Punctuated::<WherePredicate, Token![,]>::parse_terminated;
    let predicates = parser.parse_str(&string(text?)?).ok()?;
    Some(predicates.into_iter().collect())
}
