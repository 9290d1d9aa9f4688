//! The functions of the specification (3.5), and the casts by name.

use std::borrow::Cow;

use crate::function::{Function, FunctionError};
use crate::value::Type::{Boolean, Integer, String as Text};
use crate::value::Value;

type Outcome<'a> = Result<Value<'a>, FunctionError<'a>>;

pub(crate) fn all() -> Vec<Function> {
    vec![
        // Arguments are already cast to the parameter types, so casts return them unchanged.
        Function::new("INT", [Integer], Integer, |arguments| Ok(first(arguments))),
        Function::new("BOOL", [Boolean], Boolean, |arguments| Ok(first(arguments))),
        Function::new("STRING", [Text], Text, |arguments| Ok(first(arguments))),
        Function::new("ABS", [Integer], Integer, |arguments| {
            abs(int(arguments, 0))
        }),
        Function::new("LENGTH", [Text], Integer, |arguments| {
            Ok(Value::Integer(length(&text(arguments, 0))))
        }),
        Function::variadic("CONCAT", [], Text, Text, |arguments| {
            Ok(join(arguments, ""))
        }),
        Function::variadic("CONCAT_WS", [Text], Text, Text, |arguments| {
            Ok(join(
                arguments.get(1..).unwrap_or_default(),
                &text(arguments, 0),
            ))
        }),
        Function::new("LOWER", [Text], Text, |arguments| {
            Ok(text(arguments, 0).to_lowercase().into())
        }),
        Function::new("UPPER", [Text], Text, |arguments| {
            Ok(text(arguments, 0).to_uppercase().into())
        }),
        Function::new("TRIM", [Text], Text, |arguments| {
            Ok(cut(text(arguments, 0), str::trim).into())
        }),
        Function::new("LEFT", [Text, Integer], Text, |arguments| {
            part("LEFT", arguments, left)
        }),
        Function::new("RIGHT", [Text, Integer], Text, |arguments| {
            part("RIGHT", arguments, right)
        }),
        Function::new("SUBSTRING", [Text, Integer], Text, |arguments| {
            substring(text(arguments, 0), int(arguments, 1), None)
        }),
        Function::new("SUBSTRING", [Text, Integer, Integer], Text, |arguments| {
            substring(
                text(arguments, 0),
                int(arguments, 1),
                Some(int(arguments, 2)),
            )
        }),
    ]
}

fn first<'a>(arguments: &[Value<'a>]) -> Value<'a> {
    arguments.first().cloned().unwrap_or(Value::Integer(0))
}

fn text<'a>(arguments: &[Value<'a>], at: usize) -> Cow<'a, str> {
    arguments
        .get(at)
        .cloned()
        .map(Value::into_text)
        .unwrap_or_default()
}

fn int(arguments: &[Value<'_>], at: usize) -> i32 {
    arguments
        .get(at)
        .and_then(Value::to_integer)
        .unwrap_or_default()
}

fn abs<'a>(number: i32) -> Outcome<'a> {
    number.checked_abs().map(Value::Integer).ok_or_else(|| {
        FunctionError::math("the absolute value of -2147483648 does not fit in 32 bits")
            .returning(i32::MAX)
    })
}

/// Counts characters, saturating at the maximum `Integer`.
fn length(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX)
}

fn join<'a>(arguments: &[Value<'a>], delimiter: &str) -> Value<'a> {
    let texts = arguments.iter().cloned().map(Value::into_text);
    texts.collect::<Vec<_>>().join(delimiter).into()
}

/// Returns a part of a text, without copying if the text is borrowed.
fn cut(text: Cow<'_, str>, keep: impl Fn(&str) -> &str) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(keep(text)),
        Cow::Owned(text) => Cow::Owned(keep(&text).to_owned()),
    }
}

/// Splits a text after a number of characters.
fn split(text: &str, characters: usize) -> (&str, &str) {
    let at = text
        .char_indices()
        .nth(characters)
        .map_or(text.len(), |(at, _)| at);
    text.split_at(at)
}

fn left(text: &str, characters: usize) -> &str {
    split(text, characters).0
}

fn right(text: &str, characters: usize) -> &str {
    let skipped = text.chars().count().saturating_sub(characters);
    split(text, skipped).1
}

fn part<'a>(name: &str, arguments: &[Value<'a>], part: fn(&str, usize) -> &str) -> Outcome<'a> {
    let (text, characters) = (text(arguments, 0), int(arguments, 1));
    match usize::try_from(characters) {
        Ok(characters) => Ok(cut(text, |text| part(text, characters)).into()),
        Err(_) => Err(negative(name, characters).returning(text)),
    }
}

fn substring(text: Cow<'_, str>, position: i32, length_wanted: Option<i32>) -> Outcome<'_> {
    let count = length(&text);
    let wanted = match length_wanted.map(usize::try_from) {
        None => usize::MAX,
        Some(Ok(wanted)) => wanted,
        Some(Err(_)) => return Err(negative("SUBSTRING", length_wanted.unwrap_or_default())),
    };
    let skipped = match position {
        0 => return Ok("".into()),
        1.. => position - 1,
        _ => count.saturating_add(position),
    };
    match usize::try_from(skipped) {
        Ok(skipped) if position <= count => {
            Ok(cut(text, |text| split(split(text, skipped).1, wanted).0).into())
        }
        _ => Err(FunctionError::new(format!(
            "SUBSTRING from {position} of a text of {count} characters"
        ))),
    }
}

fn negative<'a>(function: &str, length: i32) -> FunctionError<'a> {
    FunctionError::new(format!("{function} of {length} characters"))
}
