//! The values of keys: strings, extensions, durations and the path of the library.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Ident, Lit, LitStr, Path, Token};

use crate::error_collector::ErrorCollector;
use crate::meta::{Key, Value};
use crate::rule::{self, Rule};

/// Reads `key = "text"`, and checks the text.
///
/// A literal that violates the rule is returned too, for the fallback expansion.
pub(crate) fn string(
    errors: &ErrorCollector,
    key: &Key,
    value: &Value,
    rule: Rule,
) -> Option<LitStr> {
    string_like(errors, key, value, rule, "..")
}

/// Reads a string like [`string`], with an example for errors.
fn string_like(
    errors: &ErrorCollector,
    key: &Key,
    value: &Value,
    rule: Rule,
    example: &str,
) -> Option<LitStr> {
    let name = key.name();
    let Some(tokens) = value.assigned() else {
        return errors.fail(
            key,
            format!("`{name}` needs a value: write `{name} = \"{example}\"`"),
        );
    };
    match errors.ok(one_literal(tokens))? {
        Some(Lit::Str(text)) if text.suffix().is_empty() => {
            check(errors, &text, rule);
            Some(text)
        }
        Some(literal) => errors.fail(
            literal,
            format!("expected a string: write `{name} = \"{example}\"`"),
        ),
        None => {
            let literal = "expected a string literal, which can be checked at compile time";
            let word = syn::parse2::<Ident>(tokens.clone()).map(|word| word.to_string());
            let example = word.as_deref().unwrap_or(example);
            errors.fail(tokens, format!("{literal}: write `{name} = \"{example}\"`"))
        }
    }
}

/// Parses the value of `key = value`. Any other value is reported with the message `expected`.
pub(crate) fn parsed<T: Parse>(
    errors: &ErrorCollector,
    key: &Key,
    value: &Value,
    expected: &str,
) -> Option<T> {
    let Some(tokens) = value.assigned() else {
        return errors.fail(key, expected);
    };
    let parsed = syn::parse2(tokens.clone());
    if parsed.is_err() {
        errors.add(tokens, expected);
    }
    parsed.ok()
}

/// Checks a string literal, and reports a violation of the rule.
pub(crate) fn check(errors: &ErrorCollector, literal: &LitStr, rule: Rule) {
    if let Err(message) = rule(&literal.value()) {
        errors.add(literal, message);
    }
}

/// Parses tokens as a single literal, or returns `None` if they do not start with one.
fn one_literal(tokens: &TokenStream) -> syn::Result<Option<Lit>> {
    let read = |input: ParseStream<'_>| {
        if !input.peek(Lit) {
            return input.parse::<TokenStream>().map(|_| None);
        }
        let literal = input.parse()?;
        let rest: TokenStream = input.parse()?;
        if rest.is_empty() {
            Ok(Some(literal))
        } else {
            Err(syn::Error::new_spanned(rest, "expected `,`"))
        }
    };
    read.parse2(tokens.clone())
}

/// The fixed value of an extension attribute.
pub(crate) enum Extension {
    Boolean(bool),
    Integer(i32),
    String(String),
}

/// Reads the value of an extension: a string, an integer or a Boolean.
pub(crate) fn extension(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<Extension> {
    let name = key.name();
    let forms = format!("write `{name} = \"..\"`, `{name} = 7` or `{name} = true`");
    let Some(tokens) = value.assigned() else {
        return errors.fail(
            key,
            format!("the extension `{name}` needs a value: {forms}"),
        );
    };
    let read = |input: ParseStream<'_>| {
        let minus: Option<Token![-]> = input.parse()?;
        let rest: TokenStream = input.parse()?;
        Ok((minus.is_some(), rest))
    };
    let (negative, literal) = errors.ok(read.parse2(tokens.clone()))?;
    match errors.ok(one_literal(&literal))? {
        Some(Lit::Str(text)) if !negative && text.suffix().is_empty() => {
            check(errors, &text, rule::attribute_text);
            Some(Extension::String(text.value()))
        }
        Some(Lit::Bool(flag)) if !negative => Some(Extension::Boolean(flag.value)),
        Some(Lit::Int(number)) if matches!(number.suffix(), "" | "i32") => {
            let number = integer(negative, number.base10_digits());
            if number.is_none() {
                let range = "an Integer attribute must be from -2147483648 to 2147483647";
                let digits = quote!(#tokens).to_string().replace([' ', '_'], "");
                errors.add(
                    tokens,
                    format!("{range}: write it as a string, \"{digits}\""),
                );
            }
            number.map(Extension::Integer)
        }
        _ => {
            let kinds = "the value of an extension must be a string, integer or Boolean literal, or the path of a function";
            errors.fail(tokens, format!("{kinds}: {forms}"))
        }
    }
}

fn integer(negative: bool, digits: &str) -> Option<i32> {
    let number: i64 = digits.parse().ok()?;
    i32::try_from(if negative { -number } else { number }).ok()
}

/// A duration literal, such as `"30s"`.
pub(crate) struct DurationLit {
    pub(crate) literal: LitStr,
    pub(crate) duration: Duration,
}

impl DurationLit {
    /// Reads `key = "30s"`, or reports an error.
    pub(crate) fn read(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<Self> {
        let rule: Rule = |text| parse_duration(text).map(drop);
        let literal = string_like(errors, key, value, rule, "30s")?;
        let duration = parse_duration(&literal.value()).ok()?;
        Some(Self { literal, duration })
    }
}

impl ToTokens for DurationLit {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let millis = u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX);
        tokens.extend(quote!(::core::time::Duration::from_millis(#millis)));
    }
}

/// The maximum duration, one year. A longer one is probably a mistake.
const MAX_DURATION: Duration = Duration::from_hours(8760);

/// The units, with their length in milliseconds.
const DURATION_UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

fn parse_duration(text: &str) -> Result<Duration, String> {
    let example = "write a duration such as \"250ms\", \"30s\", \"5m\" or \"2h\"";
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = DURATION_UNITS.iter().find(|(name, _)| *name == unit);
    let (Some((_, millis)), false) = (unit, number.is_empty()) else {
        return Err(format!("invalid duration: {example}"));
    };
    let number: Option<u64> = number.parse().ok();
    let duration = number
        .and_then(|number| number.checked_mul(*millis))
        .map(Duration::from_millis);
    match duration {
        Some(Duration::ZERO) => Err(format!("the duration is zero: {example}")),
        Some(duration) if duration <= MAX_DURATION => Ok(duration),
        _ => Err(format!("the duration is longer than a year: {example}")),
    }
}

/// Reads the value of `crate = some::path`.
pub(crate) fn crate_path(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<Path> {
    let Some(tokens) = value.assigned() else {
        return errors.fail(
            key,
            "expected the path of the library: write `crate = some::path`",
        );
    };
    if let Ok(text) = syn::parse2::<LitStr>(tokens.clone()) {
        let path = text.value();
        let message = format!("expected a path without quotes: write `crate = {path}`");
        return errors.fail(text, message);
    }
    let path = Path::parse_mod_style.parse2(tokens.clone());
    if path.is_err() {
        let message = "expected a path: write one such as `crate = my_framework::eventkit`";
        errors.add(tokens, message);
    }
    path.ok()
}

/// Returns the default path of the library.
pub(crate) fn default_crate_path() -> Path {
    syn::parse_quote!(::eventkit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        for (text, millis) in [
            ("250ms", 250),
            ("30s", 30_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "",
            "5",
            "s",
            "5 s",
            "5S",
            "-5s",
            "0s",
            "1.5s",
            "9000h",
            "99999999999999999999s",
            "5d",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
