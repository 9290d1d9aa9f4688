//! Policy of a handler in a service.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{LitInt, LitStr, Path};

use crate::error_collector::ErrorCollector;
use crate::meta::{Key, Value, entries, known_keys};
use crate::value::{self, DurationLit};
use crate::{rule, symbol};

const RETRY: &str = "retry(attempts = 5, initial_delay = \"1s\", max_delay = \"1m\")";
const CIRCUIT_BREAKER: &str = "circuit_breaker(max_failures = 20, reset_timeout = \"30s\")";

/// Settings that the attribute sets.
#[derive(Default)]
pub(super) struct Policy {
    /// Setters of the library's `Policy`, each with its arguments.
    settings: Vec<(&'static str, TokenStream)>,
    pub(super) initial_delay: Option<DurationLit>,
    pub(super) max_delay: Option<DurationLit>,
    /// The attribute that is the ordering key.
    pub(super) key: Option<LitStr>,
    on_exhausted: Option<LitStr>,
}

/// Source of the ordering key.
enum OrderKey {
    Attribute(LitStr),
    Function(Path),
}

impl Policy {
    /// Reads a key, and returns whether it belongs to the policy.
    pub(super) fn read(&mut self, errors: &ErrorCollector, key: &Key, value: &Value) -> bool {
        match key.name() {
            symbol::RETRY => self.read_retry(errors, key, value),
            symbol::TIMEOUT => self.set(symbol::TIMEOUT, DurationLit::read(errors, key, value)),
            symbol::CONCURRENCY => self.set(symbol::CONCURRENCY, count(errors, key, value)),
            symbol::KEY => match order_key(errors, key, value) {
                Some(OrderKey::Function(path)) => self.set("key_with", Some(path)),
                Some(OrderKey::Attribute(name)) => {
                    self.set("key", Some(&name));
                    self.key = Some(name);
                }
                None => {}
            },
            symbol::CIRCUIT_BREAKER => self.read_circuit_breaker(errors, key, value),
            symbol::ON_EXHAUSTED => {
                self.on_exhausted = value::string(errors, key, value, on_exhausted);
            }
            _ => return false,
        }
        true
    }

    fn set(&mut self, setter: &'static str, arguments: Option<impl ToTokens>) {
        let setting = arguments.map(|arguments| (setter, arguments.into_token_stream()));
        self.settings.extend(setting);
    }

    fn read_retry(&mut self, errors: &ErrorCollector, key: &Key, value: &Value) {
        let known = [symbol::ATTEMPTS, symbol::INITIAL_DELAY, symbol::MAX_DELAY];
        for (key, value) in list(errors, key, value, &known, RETRY) {
            match key.name() {
                symbol::ATTEMPTS => self.set(symbol::ATTEMPTS, count(errors, &key, &value)),
                symbol::INITIAL_DELAY => {
                    self.initial_delay = DurationLit::read(errors, &key, &value);
                }
                _ => self.max_delay = DurationLit::read(errors, &key, &value),
            }
        }
    }

    fn read_circuit_breaker(&mut self, errors: &ErrorCollector, key: &Key, value: &Value) {
        let (mut max_failures, mut reset_timeout) = (None, None);
        let known = [symbol::MAX_FAILURES, symbol::RESET_TIMEOUT];
        let given = list(errors, key, value, &known, CIRCUIT_BREAKER);
        // No key is given twice. Without a list, an error has been reported.
        if given.len() == 1 {
            errors.add(
                key,
                format!("a circuit breaker has both: write `{CIRCUIT_BREAKER}`"),
            );
        }
        for (key, value) in &given {
            match key.name() {
                symbol::MAX_FAILURES => max_failures = count(errors, key, value),
                _ => reset_timeout = DurationLit::read(errors, key, value),
            }
        }
        let both = max_failures.zip(reset_timeout);
        let arguments = both.map(|(max_failures, reset)| quote!(#max_failures, #reset));
        self.set(symbol::CIRCUIT_BREAKER, arguments);
    }

    /// Expands to the field with the policy, if any setting is given.
    pub(super) fn expand(&self, private: &TokenStream) -> Option<TokenStream> {
        let on_exhausted = self.on_exhausted.as_ref().map(|action| {
            let action = if action.value() == "drop" {
                quote!(Drop)
            } else {
                quote!(DeadLetter)
            };
            quote!(#private::OnExhausted::#action)
        });
        let others = [
            (symbol::INITIAL_DELAY, self.initial_delay.to_token_stream()),
            (symbol::MAX_DELAY, self.max_delay.to_token_stream()),
            (symbol::ON_EXHAUSTED, on_exhausted.to_token_stream()),
        ];
        let others = others.iter().filter(|(_, arguments)| !arguments.is_empty());
        let calls = self
            .settings
            .iter()
            .chain(others)
            .map(|(setter, arguments)| {
                let setter = format_ident!("{setter}");
                quote!(.#setter(#arguments))
            });
        let calls: TokenStream = calls.collect();
        (!calls.is_empty()).then(|| quote!(policy: #private::Policy::new() #calls,))
    }
}

/// Reads the list of a key. Unknown and repeated keys are reported and skipped.
fn list(
    errors: &ErrorCollector,
    key: &Key,
    value: &Value,
    known: &[&str],
    example: &str,
) -> Vec<(Key, Value)> {
    let Value::List(tokens) = value else {
        let name = key.name();
        errors.add(key, format!("`{name}` takes a list: write `{example}`"));
        return Vec::new();
    };
    known_keys(errors, entries(errors, tokens.clone()), known, example)
}

/// Reads a positive number.
fn count(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<LitInt> {
    let expected = format!("write a number from 1: `{} = 5`", key.name());
    let number: LitInt = value::parsed(errors, key, value, &expected)?;
    let positive = number.base10_parse::<u32>().is_ok_and(|number| number > 0);
    if !positive || !number.suffix().is_empty() {
        return errors.fail(value.assigned(), expected);
    }
    Some(number)
}

impl Parse for OrderKey {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            input.parse().map(Self::Attribute)
        } else {
            input.call(Path::parse_mod_style).map(Self::Function)
        }
    }
}

/// Reads the name of an attribute, or the path of a function.
fn order_key(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<OrderKey> {
    let forms = "write the name of an attribute, `key = \"partitionkey\"`, or the path of a function, `key = order_of`, where `fn order_of(event: &Event) -> Option<String>`";
    let order_key = value::parsed(errors, key, value, forms)?;
    if let OrderKey::Attribute(literal) = &order_key {
        let text = literal.value();
        if !rule::is_attribute_name(&text) || text == symbol::DATA {
            let names =
                "no attribute has this name: names are of lower-case letters a-z and digits";
            let help =
                "for a field of the data, mark it with `#[cloudevent(extension = \"..\", keep)]`";
            errors.add(literal, format!("{names}; {help}"));
        }
    }
    Some(order_key)
}

/// Checks `on_exhausted`.
fn on_exhausted(text: &str) -> Result<(), String> {
    if matches!(text, "dead_letter" | "drop") {
        return Ok(());
    }
    Err("the action once all attempts have failed: write \"dead_letter\" or \"drop\"".into())
}

/// Checks `name`.
pub(super) fn durable_name(text: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let has_bad_hyphen = text.starts_with('-') || text.ends_with('-') || text.contains("--");
    if text.is_empty() || !text.chars().all(legal) || has_bad_hyphen {
        let rule = "a name is of ASCII letters, digits, `_`, and single `-` between them";
        return Err(format!("{rule}: write one such as \"send-receipt\""));
    }
    Ok(())
}
