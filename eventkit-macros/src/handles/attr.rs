//! The arguments of `#[handles(..)]`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Lit, LitStr, Path};

use super::emits::EmittedSet;
use super::filter::{self, Filter};
use super::policy::{self, Policy};
use super::start::StartPosition;
use crate::did_you_mean::did_you_mean;
use crate::error_collector::ErrorCollector;
use crate::meta::{Entry, Key, Value, entries};
use crate::{rule, symbol, value};

const FORMERLY_EXPECTED: &str = "expected former names, most recent first: write \
     `formerly(\"later-name\", \"first-name\")`";

/// The keys of the attribute.
const KEYS: [&str; 14] = [
    symbol::REGISTRY,
    symbol::ORDER,
    symbol::FILTER,
    symbol::EMITS,
    symbol::CRATE,
    symbol::NAME,
    symbol::FORMERLY,
    symbol::START,
    symbol::RETRY,
    symbol::TIMEOUT,
    symbol::CONCURRENCY,
    symbol::KEY,
    symbol::CIRCUIT_BREAKER,
    symbol::ON_EXHAUSTED,
];

/// The suggestions for keys of other libraries.
const OTHER_NAMES: [(&str, &str); 8] = [
    ("type", ALONE),
    ("event", ALONE),
    ("topic", ALONE),
    ("retries", "`retry(attempts = 5)`"),
    ("attempts", "`retry(attempts = 5)`"),
    ("priority", "`order = 10`, lower values run first"),
    ("state", "a parameter, `State(state): State<YourState>`"),
    ("dead_letter", "`on_exhausted = \"dead_letter\"`"),
];

const ALONE: &str = "the event type without a key: `#[handles(\"co.outcome.order.placed\")]`";

/// The arguments of the attribute.
#[derive(Default)]
pub(super) struct Arguments {
    /// The event types and patterns.
    pub(super) types: Vec<EventPattern>,
    /// The path of the static of a registry.
    pub(super) registry: Option<Path>,
    /// An `i32` expression.
    pub(super) order: Option<Expr>,
    /// The CESQL expression that an event must match.
    pub(super) filter: Option<Filter>,
    /// The events that the handler emits, in addition to those of its signature.
    pub(super) emits: Vec<EmittedSet>,
    /// The durable name.
    pub(super) name: Option<LitStr>,
    /// The former durable names, most recent first.
    pub(super) former_names: Vec<LitStr>,
    /// The position at which a new subscription starts.
    pub(super) start: Option<StartPosition>,
    /// The policy of the handler in a service.
    pub(super) policy: Policy,
    /// The path of the library, if it is given.
    pub(super) crate_path: Option<Path>,
}

/// An event type or pattern.
pub(super) enum EventPattern {
    Literal(LitStr),
    /// A constant, such as `OrderPlaced::TYPE`, which the compiler checks.
    Constant(Expr),
}

impl EventPattern {
    fn is_literal(&self, ty: &str) -> bool {
        matches!(self, Self::Literal(literal) if literal.value() == ty)
    }
}

impl ToTokens for EventPattern {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(literal) => literal.to_tokens(tokens),
            Self::Constant(expr) => expr.to_tokens(tokens),
        }
    }
}

/// Reads the arguments. Malformed ones are reported and skipped.
pub(super) fn read(errors: &ErrorCollector, tokens: TokenStream) -> Arguments {
    let mut arguments = Arguments::default();
    let mut seen: Vec<String> = Vec::new();
    for entry in entries(errors, tokens) {
        match entry {
            Entry::Literal(literal) => read_type(errors, literal, &mut arguments.types),
            Entry::Expression(expr) => arguments.types.push(EventPattern::Constant(expr)),
            Entry::Malformed(_) => {}
            Entry::Keyed(key, Value::None) if is_constant(key.name()) => {
                let path = errors.ok(syn::parse2(key.to_token_stream()));
                arguments.types.extend(path.map(EventPattern::Constant));
            }
            Entry::Keyed(key, Value::None) if starts_upper(key.name()) => {
                errors.add(&key, no_constant(key.name()));
            }
            Entry::Keyed(key, _) if seen.iter().any(|name| name == key.name()) => {
                errors.add(&key, format!("duplicate key `{}`", key.name()));
            }
            Entry::Keyed(key, value) => {
                seen.push(key.name().to_owned());
                read_key(errors, &key, &value, &mut arguments);
            }
        }
    }
    arguments
}

/// Returns whether a name is a constant, and not a key without its value.
fn is_constant(name: &str) -> bool {
    starts_upper(name) && name == name.to_uppercase()
}

fn starts_upper(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
}

/// Returns the error for a Rust type in place of an event type.
fn no_constant(name: &str) -> String {
    format!(
        "expected an event type as a string or a constant: write `#[handles]` for the types of the parameter, or `#[handles({name}::TYPE)]`"
    )
}

fn read_type(errors: &ErrorCollector, literal: Lit, types: &mut Vec<EventPattern>) {
    let Lit::Str(literal) = literal else {
        errors.add(
            literal,
            "expected an event type as a string: write `#[handles(\"co.outcome.order.placed\")]`",
        );
        return;
    };
    let ty = literal.value();
    if let Err(message) = rule::event_pattern(&ty) {
        errors.add(&literal, message);
    } else if types.iter().any(|own| own.is_literal(&ty)) {
        errors.add(&literal, format!("duplicate event type \"{ty}\""));
    } else {
        types.push(EventPattern::Literal(literal));
    }
}

fn read_key(errors: &ErrorCollector, key: &Key, value: &Value, arguments: &mut Arguments) {
    match key.name() {
        symbol::REGISTRY => {
            let expected = "expected the static of a registry: write `registry = BILLING`";
            arguments.registry = value::parsed(errors, key, value, expected);
        }
        symbol::ORDER => {
            let expected = "expected a number: write `order = 10`";
            arguments.order = value::parsed(errors, key, value, expected);
        }
        symbol::FILTER => arguments.filter = filter::read(errors, key, value),
        symbol::EMITS => arguments.emits = EmittedSet::read(errors, key, value),
        symbol::NAME => arguments.name = value::string(errors, key, value, policy::durable_name),
        symbol::FORMERLY => arguments.former_names = former_names(errors, key, value),
        symbol::START => arguments.start = StartPosition::read(errors, key, value),
        symbol::CRATE => arguments.crate_path = value::crate_path(errors, key, value),
        _ if arguments.policy.read(errors, key, value) => {}
        name => errors.add(key, format!("unknown key `{name}`: {}", help(name))),
    }
}

/// Returns the suggestion for an unknown key.
fn help(name: &str) -> String {
    let known = OTHER_NAMES.iter().find(|(other, _)| *other == name);
    if let Some((_, instead)) = known {
        return format!("write {instead}");
    }
    did_you_mean(name, &KEYS).map_or_else(
        || {
            let keys = KEYS.map(|key| format!("`{key}`")).join(", ");
            format!("expected a string for an event type, or one of {keys}")
        },
        |key| format!("did you mean `{key}`?"),
    )
}

/// Reads `formerly = "name"` or `formerly("name", "name")`.
fn former_names(errors: &ErrorCollector, key: &Key, value: &Value) -> Vec<LitStr> {
    let Value::List(tokens) = value else {
        let name = value::string(errors, key, value, policy::durable_name);
        return name.into_iter().collect();
    };
    let mut names: Vec<LitStr> = Vec::new();
    for entry in entries(errors, tokens.clone()) {
        let other = match entry {
            Entry::Literal(Lit::Str(name)) => {
                add_name(errors, &mut names, name);
                continue;
            }
            Entry::Literal(other) => other.into_token_stream(),
            Entry::Expression(other) => other.into_token_stream(),
            Entry::Keyed(other, _) => other.into_token_stream(),
            Entry::Malformed(_) => continue,
        };
        errors.add(other, FORMERLY_EXPECTED);
    }
    if names.is_empty() {
        errors.add(key, FORMERLY_EXPECTED);
    }
    names
}

fn add_name(errors: &ErrorCollector, names: &mut Vec<LitStr>, name: LitStr) {
    value::check(errors, &name, policy::durable_name);
    if names.iter().any(|own| own.value() == name.value()) {
        errors.add(&name, format!("duplicate name \"{}\"", name.value()));
    } else {
        names.push(name);
    }
}
