//! Arguments of `#[handles(..)]`.

use eventkit_cesql::{Expression, ParseError, ParseErrorKind, Type};
use proc_macro2::{Span, TokenStream};
use syn::{Expr, Lit, LitStr, Path};

use super::policy::{self, Policy};
use super::start::StartPosition;
use crate::did_you_mean::did_you_mean;
use crate::error_collector::ErrorCollector;
use crate::meta::{Entry, Key, Value, entries};
use crate::{rule, symbol, value};

const FORMERLY_EXPECTED: &str = "write the names that the handler had before, the latest first: \
     `formerly(\"later-name\", \"first-name\")`";

/// The keys of the attribute.
const KEYS: [&str; 13] = [
    symbol::REGISTRY,
    symbol::ORDER,
    symbol::FILTER,
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

/// Arguments of the attribute.
#[derive(Default)]
pub(super) struct Arguments {
    /// Event types and patterns.
    pub(super) types: Vec<LitStr>,
    /// The path of the static of a registry.
    pub(super) registry: Option<Path>,
    /// An `i32` expression.
    pub(super) order: Option<Expr>,
    /// The CESQL expression that an event has to pass.
    pub(super) filter: Option<LitStr>,
    /// The durable name.
    pub(super) name: Option<LitStr>,
    /// The former durable names, the latest first.
    pub(super) former_names: Vec<LitStr>,
    /// The position at which a new subscription starts.
    pub(super) start: Option<StartPosition>,
    /// The policy in a service.
    pub(super) policy: Policy,
    /// The path of the library, if it is not the default.
    pub(super) crate_path: Option<Path>,
}

/// Reads the arguments; malformed ones are reported and skipped.
pub(super) fn read(errors: &ErrorCollector, tokens: TokenStream) -> Arguments {
    let mut arguments = Arguments::default();
    let mut seen: Vec<String> = Vec::new();
    for entry in entries(errors, tokens) {
        match entry {
            Entry::Literal(literal) => read_type(errors, literal, &mut arguments.types),
            Entry::Keyed(key, _) if seen.iter().any(|name| name == key.name()) => {
                errors.add(&key, format!("`{}` is given twice", key.name()));
            }
            Entry::Keyed(key, value) => {
                seen.push(key.name().to_owned());
                read_key(errors, &key, &value, &mut arguments);
            }
        }
    }
    arguments
}

fn read_type(errors: &ErrorCollector, literal: Lit, types: &mut Vec<LitStr>) {
    let Lit::Str(literal) = literal else {
        errors.add(
            literal,
            "an event type is a string: `#[handles(\"co.outcome.order.placed\")]`",
        );
        return;
    };
    let ty = literal.value();
    if let Err(message) = rule::event_pattern(&ty) {
        errors.add(&literal, message);
    } else if types.iter().any(|own| own.value() == ty) {
        errors.add(&literal, format!("\"{ty}\" is given twice"));
    } else {
        types.push(literal);
    }
}

fn read_key(errors: &ErrorCollector, key: &Key, value: &Value, arguments: &mut Arguments) {
    match key.name() {
        symbol::REGISTRY => {
            let expected = "write the static of a registry: `registry = BILLING`";
            arguments.registry = value::parsed(errors, key, value, expected);
        }
        symbol::ORDER => {
            let expected = "write a number: `order = 10`";
            arguments.order = value::parsed(errors, key, value, expected);
        }
        symbol::FILTER => arguments.filter = filter(errors, key, value),
        symbol::NAME => arguments.name = value::string(errors, key, value, policy::durable_name),
        symbol::FORMERLY => arguments.former_names = former_names(errors, key, value),
        symbol::START => arguments.start = StartPosition::read(errors, key, value),
        symbol::CRATE => arguments.crate_path = value::crate_path(errors, key, value),
        _ if arguments.policy.read(errors, key, value) => {}
        name => {
            let help = did_you_mean(name, &KEYS).map_or_else(
                || {
                    let keys = KEYS.map(|key| format!("`{key}`")).join(", ");
                    format!("the keys are {keys}; event types are strings")
                },
                |key| format!("did you mean `{key}`?"),
            );
            errors.add(key, format!("unknown key `{name}`: {help}"));
        }
    }
}

/// Reads `formerly = "name"` or `formerly("name", "name")`.
fn former_names(errors: &ErrorCollector, key: &Key, value: &Value) -> Vec<LitStr> {
    let Value::List(tokens) = value else {
        let name = value::string(errors, key, value, policy::durable_name);
        return name.into_iter().collect();
    };
    let mut names: Vec<LitStr> = Vec::new();
    for entry in entries(errors, tokens.clone()) {
        let name = match entry {
            Entry::Literal(Lit::Str(name)) => name,
            Entry::Literal(other) => {
                errors.add(other, FORMERLY_EXPECTED);
                continue;
            }
            Entry::Keyed(key, _) => {
                errors.add(key, FORMERLY_EXPECTED);
                continue;
            }
        };
        value::check(errors, &name, policy::durable_name);
        if names.iter().any(|own| own.value() == name.value()) {
            errors.add(&name, format!("\"{}\" is given twice", name.value()));
        } else {
            names.push(name);
        }
    }
    if names.is_empty() {
        errors.add(key, FORMERLY_EXPECTED);
    }
    names
}

/// Reads `filter = "expression"`.
fn filter(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<LitStr> {
    let literal = value::string(errors, key, value, |_| Ok(()))?;
    let text = literal.value();
    match Expression::parse(&text) {
        Ok(expression) => {
            if let Some(ty @ (Type::Integer | Type::String)) = expression.ty() {
                let help = "compare it with something, or cast it with `BOOL(..)`";
                errors.add(
                    &literal,
                    format!("a filter comes to a Boolean, and this to {ty}: {help}"),
                );
            }
        }
        Err(error) => errors.add_syn(syn::Error::new(
            filter_span(&literal, &text, &error),
            filter_message(&error),
        )),
    }
    Some(literal)
}

/// Returns the message with the position marked, since not every compiler can point into a literal.
fn filter_message(error: &ParseError) -> String {
    let help = match error.kind() {
        ParseErrorKind::UnknownFunction => {
            "; functions of your own are for filters that are registered at run time"
        }
        _ => "",
    };
    format!("{}{help}\n\n{}\n", error.message(), error.caret())
}

/// Returns the position of the error in the literal, if the compiler supports it.
fn filter_span(literal: &LitStr, text: &str, error: &ParseError) -> Span {
    let token = literal.token();
    // With escapes, positions in the text and in the literal differ.
    let unescaped = token.to_string() == format!("\"{text}\"");
    let inside = error.span().start + 1..error.span().end.max(error.span().start + 1) + 1;
    let span = unescaped.then(|| token.subspan(inside)).flatten();
    span.unwrap_or_else(|| literal.span())
}
