//! How a service treats the events of a handler, as the attribute says it.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{LitInt, LitStr, Path};

use crate::context::Context;
use crate::duration;
use crate::literal;
use crate::meta::{Entry, Key, Value, entries};
use crate::name;
use crate::suggest::nearest;

const RETRY: &str = "retry(attempts = 5, initial_delay = \"1s\", max_delay = \"1m\")";
const CIRCUIT_BREAKER: &str = "circuit_breaker(max_failures = 20, reset_timeout = \"30s\")";

/// The settings that are given.
#[derive(Default)]
pub(super) struct Policy {
    attempts: Option<LitInt>,
    initial_delay: Option<Duration>,
    max_delay: Option<Duration>,
    timeout: Option<Duration>,
    concurrency: Option<LitInt>,
    key: Option<OrderKey>,
    circuit_breaker: Option<(LitInt, Duration)>,
    exhausted: Option<LitStr>,
}

enum OrderKey {
    Attribute(LitStr),
    Function(Path),
}

impl Policy {
    /// Reads one key; returns whether it is one of a policy.
    pub(super) fn read(&mut self, cx: &Context, key: &Key, value: &Value) -> bool {
        match key.name() {
            "retry" => self.read_retry(cx, key, value),
            "timeout" => self.timeout = duration::read(cx, key, value),
            "concurrency" => self.concurrency = count(cx, key, value),
            "key" => self.key = order_key(cx, key, value),
            "circuit_breaker" => self.read_circuit_breaker(cx, key, value),
            "exhausted" => self.exhausted = literal::string(cx, key, value, exhausted),
            _ => return false,
        }
        true
    }

    fn read_retry(&mut self, cx: &Context, key: &Key, value: &Value) {
        for (key, value) in list(
            cx,
            key,
            value,
            RETRY,
            &["attempts", "initial_delay", "max_delay"],
        ) {
            match key.name() {
                "attempts" => self.attempts = count(cx, &key, &value),
                "initial_delay" => self.initial_delay = duration::read(cx, &key, &value),
                _ => {
                    self.max_delay = duration::read(cx, &key, &value);
                    if let (Some(initial), Some(max)) = (self.initial_delay, self.max_delay)
                        && max < initial
                    {
                        cx.error(value.assigned(), "shorter than the initial delay");
                    }
                }
            }
        }
    }

    fn read_circuit_breaker(&mut self, cx: &Context, key: &Key, value: &Value) {
        let (mut max_failures, mut reset_timeout) = (None, None);
        let given = list(
            cx,
            key,
            value,
            CIRCUIT_BREAKER,
            &["max_failures", "reset_timeout"],
        );
        let named = |name| given.iter().any(|(key, _)| key.name() == name);
        // Without a list, that has been said.
        if !(given.is_empty() || named("max_failures") && named("reset_timeout")) {
            cx.error(
                key,
                format!("a circuit breaker has both: write `{CIRCUIT_BREAKER}`"),
            );
        }
        for (key, value) in &given {
            match key.name() {
                "max_failures" => max_failures = count(cx, key, value),
                _ => reset_timeout = duration::read(cx, key, value),
            }
        }
        self.circuit_breaker = max_failures.zip(reset_timeout);
    }

    /// Writes the policy, or nothing where nothing is given.
    pub(super) fn code(&self, private: &TokenStream) -> Option<TokenStream> {
        let mut calls = TokenStream::new();
        if let Some(attempts) = &self.attempts {
            calls.extend(quote!(.attempts(#attempts)));
        }
        if let Some(delay) = self.initial_delay.map(duration::code) {
            calls.extend(quote!(.initial_delay(#delay)));
        }
        if let Some(delay) = self.max_delay.map(duration::code) {
            calls.extend(quote!(.max_delay(#delay)));
        }
        if let Some(timeout) = self.timeout.map(duration::code) {
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
            let reset_timeout = duration::code(*reset_timeout);
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

/// Reads the list after a key; what is not one of the known keys, or twice there, is noted and
/// left out.
fn list(
    cx: &Context,
    key: &Key,
    value: &Value,
    example: &str,
    known: &[&str],
) -> Vec<(Key, Value)> {
    let Value::List(tokens) = value else {
        cx.error(
            key,
            format!("`{}` takes a list: write `{example}`", key.name()),
        );
        return Vec::new();
    };
    let mut given: Vec<(Key, Value)> = Vec::new();
    for entry in entries(cx, tokens.clone()) {
        match entry {
            Entry::Literal(literal) => cx.error(literal, format!("write `{example}`")),
            Entry::Keyed(key, _) if !known.contains(&key.name()) => {
                let help = match nearest(key.name(), known) {
                    Some(key) => format!("did you mean `{key}`?"),
                    None => format!("write `{example}`"),
                };
                cx.error(&key, format!("unknown key `{}`: {help}", key.name()));
            }
            Entry::Keyed(key, _) if given.iter().any(|(own, _)| own.name() == key.name()) => {
                cx.error(&key, format!("`{}` is given twice", key.name()));
            }
            Entry::Keyed(key, value) => given.push((key, value)),
        }
    }
    given
}

/// Reads a number from 1.
fn count(cx: &Context, key: &Key, value: &Value) -> Option<LitInt> {
    let name = key.name();
    let expected = format!("write a number from 1: `{name} = 5`");
    let Some(tokens) = value.assigned() else {
        cx.error(key, expected);
        return None;
    };
    let number = syn::parse2::<LitInt>(tokens.clone()).ok();
    let fits = |number: &LitInt| {
        number.suffix().is_empty() && number.base10_parse::<u32>().is_ok_and(|number| number > 0)
    };
    let number = number.filter(fits);
    if number.is_none() {
        cx.error(tokens, expected);
    }
    number
}

/// Reads the name of an attribute, or the path of a function.
fn order_key(cx: &Context, key: &Key, value: &Value) -> Option<OrderKey> {
    const FORMS: &str = "write the name of an attribute, `key = \"partitionkey\"`, or the path of a function, `key = order_of`";
    let Some(tokens) = value.assigned() else {
        cx.error(key, FORMS);
        return None;
    };
    if let Ok(literal) = syn::parse2::<LitStr>(tokens.clone()) {
        let text = literal.value();
        if !name::is_extension_name(&text) || text == name::DATA {
            let help = "no attribute has this name: names are of lower-case letters a-z and digits";
            cx.error(&literal, help);
        }
        return Some(OrderKey::Attribute(literal));
    }
    let path = Path::parse_mod_style.parse2(tokens.clone());
    if path.is_err() {
        cx.error(tokens, FORMS);
    }
    path.ok().map(OrderKey::Function)
}

/// The rule for `exhausted`.
fn exhausted(text: &str) -> Result<(), String> {
    if matches!(text, "dead_letter" | "drop") {
        return Ok(());
    }
    Err(
        "what becomes of an event whose attempts have failed: write \"dead_letter\" or \"drop\""
            .into(),
    )
}

/// The rule for `name`.
pub(super) fn durable_name(text: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if text.is_empty() || !text.chars().all(legal) || text.starts_with('-') || text.contains("--") {
        let rule = "a name is of ASCII letters, digits, `_`, and single `-` between them";
        return Err(format!("{rule}: write one such as \"send-receipt\""));
    }
    Ok(())
}
