//! Policy of a handler in a service.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{LitInt, LitStr, Path};

use crate::did_you_mean::did_you_mean;
use crate::error_collector::ErrorCollector;
use crate::meta::{Entry, Key, Value, entries};
use crate::value::{self, DurationLit};
use crate::{rule, symbol};

const RETRY: &str = "retry(attempts = 5, initial_delay = \"1s\", max_delay = \"1m\")";
const CIRCUIT_BREAKER: &str = "circuit_breaker(max_failures = 20, reset_timeout = \"30s\")";

/// Settings that the attribute gives.
#[derive(Default)]
pub(super) struct Policy {
    attempts: Option<LitInt>,
    pub(super) initial_delay: Option<DurationLit>,
    pub(super) max_delay: Option<DurationLit>,
    timeout: Option<DurationLit>,
    concurrency: Option<LitInt>,
    key: Option<OrderKey>,
    circuit_breaker: Option<(LitInt, DurationLit)>,
    exhausted: Option<LitStr>,
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
            symbol::TIMEOUT => self.timeout = DurationLit::read(errors, key, value),
            symbol::CONCURRENCY => self.concurrency = count(errors, key, value),
            symbol::KEY => self.key = order_key(errors, key, value),
            symbol::CIRCUIT_BREAKER => self.read_circuit_breaker(errors, key, value),
            symbol::EXHAUSTED => self.exhausted = value::string(errors, key, value, exhausted),
            _ => return false,
        }
        true
    }

    fn read_retry(&mut self, errors: &ErrorCollector, key: &Key, value: &Value) {
        let known = [symbol::ATTEMPTS, symbol::INITIAL_DELAY, symbol::MAX_DELAY];
        for (key, value) in list(errors, key, value, RETRY, &known) {
            match key.name() {
                symbol::ATTEMPTS => self.attempts = count(errors, &key, &value),
                symbol::INITIAL_DELAY => {
                    self.initial_delay = DurationLit::read(errors, &key, &value)
                }
                _ => self.max_delay = DurationLit::read(errors, &key, &value),
            }
        }
    }

    fn read_circuit_breaker(&mut self, errors: &ErrorCollector, key: &Key, value: &Value) {
        let (mut max_failures, mut reset_timeout) = (None, None);
        let given = list(
            errors,
            key,
            value,
            CIRCUIT_BREAKER,
            &[symbol::MAX_FAILURES, symbol::RESET_TIMEOUT],
        );
        let named = |name| given.iter().any(|(key, _)| key.name() == name);
        // Without a list, an error has been reported.
        if !(given.is_empty() || named(symbol::MAX_FAILURES) && named(symbol::RESET_TIMEOUT)) {
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
        self.circuit_breaker = max_failures.zip(reset_timeout);
    }

    /// Expands to a call that sets the policy, if any setting is given.
    pub(super) fn expand(&self, private: &TokenStream) -> Option<TokenStream> {
        let mut calls = TokenStream::new();
        if let Some(attempts) = &self.attempts {
            calls.extend(quote!(.attempts(#attempts)));
        }
        if let Some(delay) = self.initial_delay.as_ref().map(DurationLit::expand) {
            calls.extend(quote!(.initial_delay(#delay)));
        }
        if let Some(delay) = self.max_delay.as_ref().map(DurationLit::expand) {
            calls.extend(quote!(.max_delay(#delay)));
        }
        if let Some(timeout) = self.timeout.as_ref().map(DurationLit::expand) {
            calls.extend(quote!(.timeout(#timeout)));
        }
        if let Some(concurrency) = &self.concurrency {
            calls.extend(quote!(.concurrency(#concurrency)));
        }
        match &self.key {
            Some(OrderKey::Attribute(name)) => calls.extend(quote!(.key(#name))),
            Some(OrderKey::Function(path)) => calls.extend(quote!(.key_with(#path))),
            None => {}
        }
        if let Some((max_failures, reset_timeout)) = &self.circuit_breaker {
            let reset_timeout = reset_timeout.expand();
            calls.extend(quote!(.circuit_breaker(#max_failures, #reset_timeout)));
        }
        if let Some(exhausted) = &self.exhausted {
            let exhausted = if exhausted.value() == "drop" {
                quote!(Drop)
            } else {
                quote!(DeadLetter)
            };
            calls.extend(quote!(.exhausted(#private::OnExhausted::#exhausted)));
        }
        (!calls.is_empty()).then(|| quote!(.with_policy(#private::Policy::new() #calls)))
    }
}

/// Reads the list of a key. Unknown and repeated keys are reported and skipped.
fn list(
    errors: &ErrorCollector,
    key: &Key,
    value: &Value,
    example: &str,
    known: &[&str],
) -> Vec<(Key, Value)> {
    let Value::List(tokens) = value else {
        errors.add(
            key,
            format!("`{}` takes a list: write `{example}`", key.name()),
        );
        return Vec::new();
    };
    let mut given: Vec<(Key, Value)> = Vec::new();
    for entry in entries(errors, tokens.clone()) {
        match entry {
            Entry::Literal(literal) => errors.add(literal, format!("write `{example}`")),
            Entry::Keyed(key, _) if !known.contains(&key.name()) => {
                let help = match did_you_mean(key.name(), known) {
                    Some(key) => format!("did you mean `{key}`?"),
                    None => format!("write `{example}`"),
                };
                errors.add(&key, format!("unknown key `{}`: {help}", key.name()));
            }
            Entry::Keyed(key, _) if given.iter().any(|(own, _)| own.name() == key.name()) => {
                errors.add(&key, format!("`{}` is given twice", key.name()));
            }
            Entry::Keyed(key, value) => given.push((key, value)),
        }
    }
    given
}

/// Reads a positive number.
fn count(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<LitInt> {
    let name = key.name();
    let expected = format!("write a number from 1: `{name} = 5`");
    let Some(tokens) = value.assigned() else {
        errors.add(key, expected);
        return None;
    };
    let number = syn::parse2::<LitInt>(tokens.clone()).ok();
    let fits = |number: &LitInt| {
        number.suffix().is_empty() && number.base10_parse::<u32>().is_ok_and(|number| number > 0)
    };
    let number = number.filter(fits);
    if number.is_none() {
        errors.add(tokens, expected);
    }
    number
}

/// Reads the name of an attribute, or the path of a function.
fn order_key(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<OrderKey> {
    const FORMS: &str = "write the name of an attribute, `key = \"partitionkey\"`, or the path of a function, `key = order_of`";
    let Some(tokens) = value.assigned() else {
        errors.add(key, FORMS);
        return None;
    };
    if let Ok(literal) = syn::parse2::<LitStr>(tokens.clone()) {
        let text = literal.value();
        if !rule::is_attribute_name(&text) || text == symbol::DATA {
            let help = "no attribute has this name: names are of lower-case letters a-z and digits";
            errors.add(&literal, help);
        }
        return Some(OrderKey::Attribute(literal));
    }
    let path = Path::parse_mod_style.parse2(tokens.clone());
    if path.is_err() {
        errors.add(tokens, FORMS);
    }
    path.ok().map(OrderKey::Function)
}

/// Checks `exhausted`.
fn exhausted(text: &str) -> Result<(), String> {
    if matches!(text, "dead_letter" | "drop") {
        return Ok(());
    }
    Err(
        "what becomes of an event whose attempts have failed: write \"dead_letter\" or \"drop\""
            .into(),
    )
}

/// Checks `name`.
pub(super) fn durable_name(text: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if text.is_empty() || !text.chars().all(legal) || text.starts_with('-') || text.contains("--") {
        let rule = "a name is of ASCII letters, digits, `_`, and single `-` between them";
        return Err(format!("{rule}: write one such as \"send-receipt\""));
    }
    Ok(())
}
