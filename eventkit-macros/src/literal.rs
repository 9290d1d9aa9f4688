//! Reads literals, and holds them against the rules that the specification has for attributes.

use iri_string::spec::UriSpec;
use iri_string::validate;
use mediatype::{MediaType, ReadParams};
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Lit, LitStr, Token};

use crate::context::Context;
use crate::meta::{Key, Value};
use crate::name;

/// Says what is wrong with a text, and what to write instead.
pub(crate) type Rule = fn(&str) -> Result<(), String>;

/// Reads `key = "text"` and checks the text. A text that breaks the rule is noted and returned all
/// the same, so that the generated code has something to go on with.
pub(crate) fn string(cx: &Context, key: &Key, value: &Value, rule: Rule) -> Option<LitStr> {
    let name = key.name();
    let Some(tokens) = value.assigned() else {
        cx.error(
            key,
            format!("`{name}` takes a string: write `{name} = \"..\"`"),
        );
        return None;
    };
    match cx.ok(one_literal(tokens))? {
        Some(Lit::Str(text)) if text.suffix().is_empty() => {
            check(cx, &text, rule);
            Some(text)
        }
        Some(literal) => {
            cx.error(
                literal,
                format!("`{name}` is a string: write `{name} = \"..\"`"),
            );
            None
        }
        None => {
            let literal = "the macro checks the text itself, so it has to be a string literal";
            cx.error(tokens, format!("{literal}: write `{name} = \"..\"`"));
            None
        }
    }
}

/// Notes what is wrong with a string literal.
pub(crate) fn check(cx: &Context, literal: &LitStr, rule: Rule) {
    if let Err(message) = rule(&literal.value()) {
        cx.error(literal, message);
    }
}

/// Reads tokens that are one literal; `None` where they are something else.
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
pub(crate) fn extension(cx: &Context, key: &Key, value: &Value) -> Option<Extension> {
    let name = key.name();
    let forms = format!("write `{name} = \"..\"`, `{name} = 7` or `{name} = true`");
    let Some(tokens) = value.assigned() else {
        cx.error(key, format!("the extension `{name}` has no value: {forms}"));
        return None;
    };
    let read = |input: ParseStream<'_>| {
        let minus: Option<Token![-]> = input.parse()?;
        let rest: TokenStream = input.parse()?;
        Ok((minus.is_some(), rest))
    };
    let (negative, literal) = cx.ok(read.parse2(tokens.clone()))?;
    match cx.ok(one_literal(&literal))? {
        Some(Lit::Str(text)) if !negative && text.suffix().is_empty() => {
            check(cx, &text, attribute_text);
            Some(Extension::String(text.value()))
        }
        Some(Lit::Bool(flag)) if !negative => Some(Extension::Boolean(flag.value)),
        Some(Lit::Int(number)) if matches!(number.suffix(), "" | "i32") => {
            let number = integer(negative, number.base10_digits());
            if number.is_none() {
                let range = "an Integer attribute is from -2147483648 to 2147483647";
                let digits = quote!(#tokens).to_string().replace([' ', '_'], "");
                cx.error(
                    tokens,
                    format!("{range}: write it as a string, \"{digits}\""),
                );
            }
            number.map(Extension::Integer)
        }
        _ => {
            let kinds =
                "the value of an extension is a string, an integer or a Boolean, as a literal";
            cx.error(tokens, format!("{kinds}: {forms}"));
            None
        }
    }
}

fn integer(negative: bool, digits: &str) -> Option<i32> {
    let number: i64 = digits.parse().ok()?;
    i32::try_from(if negative { -number } else { number }).ok()
}

/// The rule for `type`.
pub(crate) fn event_type(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(
            "the event type is empty: write a name such as \"com.example.order.placed\"".into(),
        );
    }
    attribute_text(text)
}

/// The rule for `subject`.
pub(crate) fn subject(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("the subject is empty: leave it out, or name what the event is about".into());
    }
    attribute_text(text)
}

/// The rule for any attribute of type String (core, Type System).
pub(crate) fn attribute_text(text: &str) -> Result<(), String> {
    let noncharacter = |c: char| {
        let code = u32::from(c);
        (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
    };
    match text.chars().find(|c| c.is_control() || noncharacter(*c)) {
        None => Ok(()),
        Some(c) => Err(format!(
            "an attribute has no control characters and noncharacters: take out `\\u{{{:x}}}`",
            u32::from(c)
        )),
    }
}

/// The rule for the name of an extension attribute (core, Naming Conventions).
pub(crate) fn extension_name(text: &str) -> Result<(), String> {
    if name::RESERVED.contains(&text) {
        return Err(format!("`{text}` is no extension: give another name"));
    }
    if name::is_extension_name(text) {
        return Ok(());
    }
    let letters = "the name of an extension is of lower-case letters a-z and digits";
    Err(match name::as_extension_name(text) {
        Some(legal) => format!("{letters}: write `{legal}` in the place of `{text}`"),
        None => format!("{letters}: give another one in the place of `{text}`"),
    })
}

/// The rule for `source`.
pub(crate) fn source(text: &str) -> Result<(), String> {
    let example = "write one such as \"/shop/orders\" or \"https://shop.example.com/orders\"";
    if text.is_empty() {
        return Err(format!("the source is empty: {example}"));
    }
    match validate::iri_reference::<UriSpec>(text) {
        Ok(()) => Ok(()),
        Err(_) => Err(match encoded(text) {
            Some(encoded) => {
                format!("the source is not a URI-reference (RFC 3986): write \"{encoded}\"")
            }
            None => format!("the source is not a URI-reference (RFC 3986): {example}"),
        }),
    }
}

/// The rule for `dataschema`.
pub(crate) fn dataschema(text: &str) -> Result<(), String> {
    if validate::absolute_iri::<UriSpec>(text).is_ok() {
        return Ok(());
    }
    let is_uri = validate::iri::<UriSpec>(text).is_ok();
    let wrong = match text.split_once('#') {
        Some((absolute, _)) if is_uri => {
            return Err(format!(
                "the schema of the data is a URI without a fragment (RFC 3986, section 4.3): write \"{absolute}\""
            ));
        }
        _ => "the schema of the data is not an absolute URI (RFC 3986, section 4.3)",
    };
    Err(format!(
        "{wrong}: write one such as \"https://example.com/schemas/order.json\""
    ))
}

/// Returns the text with all characters percent-encoded that no URI may hold, where that helps.
fn encoded(text: &str) -> Option<String> {
    let allowed =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(byte);
    let encode = |byte: u8| {
        if allowed(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    let encoded: String = text.bytes().map(encode).collect();
    validate::iri_reference::<UriSpec>(&encoded)
        .is_ok()
        .then_some(encoded)
}

/// The rule for `datacontenttype`.
pub(crate) fn datacontenttype(text: &str) -> Result<(), String> {
    let example = "such as \"application/json\" or \"text/plain; charset=utf-8\"";
    attribute_text(text)?;
    let Ok(media_type) = MediaType::parse(text) else {
        return Err(format!("not a media type (RFC 2046): write one {example}"));
    };
    if media_type.essence().to_string().contains('*') {
        return Err(format!("a range of media types: write one {example}"));
    }
    match media_type
        .params()
        .find(|(_, value)| value.as_str().is_empty())
    {
        Some((name, _)) => Err(format!(
            "the parameter `{name}` has no value: give one, or take it out"
        )),
        None => Ok(()),
    }
}
