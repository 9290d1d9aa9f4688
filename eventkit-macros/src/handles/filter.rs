//! The argument `filter = ".."`.

use eventkit_cesql::{Expression, ParseError, ParseErrorKind, Type};
use proc_macro2::Span;
use syn::LitStr;

use crate::error_collector::ErrorCollector;
use crate::meta::{Key, Value};
use crate::{rule, value};

/// An expression that an event must match.
pub(super) struct Filter {
    pub(super) literal: LitStr,
    /// The extension attributes that an event must have, because the expression reads them.
    pub(super) extensions: Vec<String>,
}

/// Reads `filter = "expression"`.
pub(super) fn read(errors: &ErrorCollector, key: &Key, value: &Value) -> Option<Filter> {
    let literal = value::string(errors, key, value, |_| Ok(()))?;
    let text = literal.value();
    let mut extensions = Vec::new();
    match Expression::parse(&text) {
        Ok(expression) => {
            extensions = unguarded(&expression);
            check_case(errors, &literal, &text, &expression);
            if let Some(ty @ (Type::Integer | Type::String)) = expression.ty() {
                let help = "compare it with a value, or cast it with `BOOL(..)`";
                errors.add(
                    &literal,
                    format!("expected a Boolean expression, found {ty}: {help}"),
                );
            }
        }
        Err(error) => errors.add_syn(syn::Error::new(
            filter_span(&literal, &text, &error),
            filter_message(&error),
        )),
    }
    Some(Filter {
        literal,
        extensions,
    })
}

/// Checks that names of attributes are lower-case.
fn check_case(errors: &ErrorCollector, literal: &LitStr, text: &str, expression: &Expression) {
    let names = expression.attributes();
    // Every second part is in quotation marks.
    let unquoted = text.split(['\'', '"']).step_by(2);
    let mut words = unquoted.flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()));
    let word = words.find(|word| {
        let lower = word.to_ascii_lowercase();
        *word != lower && names.contains(&lower.as_str()) && !names.contains(word)
    });
    if let Some(word) = word {
        let name = word.to_ascii_lowercase();
        errors.add(
            literal,
            format!("attribute names must be lower-case: write `{name}` instead of `{word}`"),
        );
    }
}

/// Returns the extensions that an expression reads without testing them with `EXISTS`.
fn unguarded(expression: &Expression) -> Vec<String> {
    let tested = expression.tested_attributes();
    let mut names = expression.attributes();
    names.retain(|name| !tested.contains(name) && !rule::is_reserved(name));
    names.into_iter().map(str::to_owned).collect()
}

/// Returns the message with the position marked, because not every compiler can point into a
/// literal.
fn filter_message(error: &ParseError) -> String {
    let help = match error.kind() {
        ParseErrorKind::UnknownFunction => {
            "; custom functions are only available in filters that are registered at run time"
        }
        _ => "",
    };
    format!("{}{help}\n\n{}\n", error.message(), error.caret())
}

/// Returns the position of the error within the literal, if the compiler supports it.
fn filter_span(literal: &LitStr, text: &str, error: &ParseError) -> Span {
    let token = literal.token();
    // With escapes, positions in the literal and in its text differ.
    let unescaped = token.to_string() == format!("\"{text}\"");
    let inside = error.span().start + 1..error.span().end.max(error.span().start + 1) + 1;
    let span = unescaped.then(|| token.subspan(inside)).flatten();
    span.unwrap_or_else(|| literal.span())
}
