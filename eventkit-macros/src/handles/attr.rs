//! What stands in the parentheses of `#[handles(..)]`.

use proc_macro2::TokenStream;
use syn::{Expr, Lit, LitStr, Path};

use super::filter;
use super::policy::{self, Policy};
use crate::context::Context;
use crate::crate_path;
use crate::literal;
use crate::meta::{Entry, Key, Value, entries};
use crate::suggest::nearest;

const KEYS: [&str; 11] = [
    "registry",
    "order",
    "filter",
    "crate",
    "name",
    "retry",
    "timeout",
    "concurrency",
    "key",
    "circuit_breaker",
    "exhausted",
];

/// The arguments of the attribute.
pub(super) struct Arguments {
    /// Event types and patterns.
    pub(super) types: Vec<LitStr>,
    /// The path of a registry's static.
    pub(super) registry: Option<Path>,
    /// An `i32` expression.
    pub(super) order: Option<Expr>,
    /// The expression that an event has to pass.
    pub(super) filter: Option<LitStr>,
    /// The name that stays when the function is renamed.
    pub(super) name: Option<LitStr>,
    /// How a service treats its events.
    pub(super) policy: Policy,
    /// The path of the library.
    pub(super) crate_path: Path,
}

/// Reads the arguments; what is wrong is noted and left out.
pub(super) fn read(cx: &Context, tokens: TokenStream) -> Arguments {
    let mut arguments = Arguments {
        types: Vec::new(),
        registry: None,
        order: None,
        filter: None,
        name: None,
        policy: Policy::default(),
        crate_path: crate_path::default_path(),
    };
    let mut seen: Vec<String> = Vec::new();
    for entry in entries(cx, tokens) {
        match entry {
            Entry::Literal(literal) => read_type(cx, literal, &mut arguments.types),
            Entry::Keyed(key, _) if seen.iter().any(|name| name == key.name()) => {
                cx.error(&key, format!("`{}` is given twice", key.name()));
            }
            Entry::Keyed(key, value) => {
                seen.push(key.name().to_owned());
                read_key(cx, &key, &value, &mut arguments);
            }
        }
    }
    arguments
}

fn read_type(cx: &Context, literal: Lit, types: &mut Vec<LitStr>) {
    let Lit::Str(literal) = literal else {
        cx.error(
            literal,
            "an event type is a string: `#[handles(\"co.outcome.order.placed\")]`",
        );
        return;
    };
    let ty = literal.value();
    if ty.is_empty() {
        cx.error(
            &literal,
            "the event type is empty: write one such as \"co.outcome.order.placed\"",
        );
    } else if ty.chars().any(char::is_control) {
        cx.error(&literal, "an event type holds no control characters");
    } else if ty
        .split('.')
        .any(|segment| segment.len() > 1 && segment.contains('*'))
    {
        cx.error(
            &literal,
            "a `*` stands for a whole segment between dots: \"co.outcome.order.*\" is all types below \"co.outcome.order\"",
        );
    } else if types.iter().any(|own| own.value() == ty) {
        cx.error(&literal, format!("\"{ty}\" is given twice"));
    } else {
        types.push(literal);
    }
}

fn read_key(cx: &Context, key: &Key, value: &Value, arguments: &mut Arguments) {
    match key.name() {
        "registry" => {
            arguments.registry = assigned(
                cx,
                key,
                value,
                "the static of a registry: `registry = BILLING`",
            );
        }
        "order" => arguments.order = assigned(cx, key, value, "a number: `order = 10`"),
        "filter" => arguments.filter = filter::read(cx, key, value),
        "name" => arguments.name = literal::string(cx, key, value, policy::durable_name),
        "crate" => {
            if let Some(path) = crate_path::read(cx, key, value) {
                arguments.crate_path = path;
            }
        }
        _ if arguments.policy.read(cx, key, value) => {}
        name => {
            let help = nearest(name, &KEYS).map_or_else(
                || {
                    let keys = KEYS.map(|key| format!("`{key}`")).join(", ");
                    format!("the keys are {keys}; event types are strings")
                },
                |key| format!("did you mean `{key}`?"),
            );
            cx.error(key, format!("unknown key `{name}`: {help}"));
        }
    }
}

fn assigned<T: syn::parse::Parse>(
    cx: &Context,
    key: &Key,
    value: &Value,
    expected: &str,
) -> Option<T> {
    let Some(tokens) = value.assigned() else {
        cx.error(key, format!("write {expected}"));
        return None;
    };
    let parsed = syn::parse2(tokens.clone());
    if parsed.is_err() {
        cx.error(tokens, format!("write {expected}"));
    }
    parsed.ok()
}
