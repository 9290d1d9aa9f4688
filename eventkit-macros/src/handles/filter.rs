//! The filter of a handler, parsed when it compiles.

use eventkit_cesql::{Expression, ParseError, ParseErrorKind, Type};
use proc_macro2::Span;
use syn::LitStr;

use crate::context::Context;
use crate::literal;
use crate::meta::{Key, Value};

/// Reads `filter = "expression"`.
pub(super) fn read(cx: &Context, key: &Key, value: &Value) -> Option<LitStr> {
    let literal = literal::string(cx, key, value, |_| Ok(()))?;
    let text = literal.value();
    match Expression::parse(&text) {
        Ok(expression) => {
            if let Some(ty @ (Type::Integer | Type::String)) = expression.ty() {
                let help = "compare it with something, or cast it with `BOOL(..)`";
                cx.error(
                    &literal,
                    format!("a filter comes to a Boolean, and this to {ty}: {help}"),
                );
            }
        }
        Err(error) => cx.push(syn::Error::new(
            place(&literal, &text, &error),
            message(&error),
        )),
    }
    Some(literal)
}

/// Says what is wrong, with a mark below it: not every compiler can point into a literal.
fn message(error: &ParseError) -> String {
    let help = match error.kind() {
        ParseErrorKind::UnknownFunction => {
            "; functions of your own are for filters that are registered at run time"
        }
        _ => "",
    };
    format!("{}{help}\n\n{}\n", error.message(), error.caret())
}

/// Returns the place within the literal where the compiler can tell it.
fn place(literal: &LitStr, text: &str, error: &ParseError) -> Span {
    let token = literal.token();
    // Escapes would move the text against the literal.
    let plain = token.to_string() == format!("\"{text}\"");
    let inside = error.span().start + 1..error.span().end.max(error.span().start + 1) + 1;
    let place = plain.then(|| token.subspan(inside)).flatten();
    place.unwrap_or_else(|| literal.span())
}
