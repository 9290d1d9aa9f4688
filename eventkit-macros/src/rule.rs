//! The rules for string literals, with messages that say what to write instead.

use eventkit_cesql::rules::{self, EventTypeError, MediaTypeError};
use iri_string::spec::UriSpec;
use iri_string::validate;

/// A check of a string. The error is a message for the user.
pub(crate) type Rule = fn(&str) -> Result<(), String>;

/// Checks a `type`.
pub(crate) fn event_type(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(
            "the event type is empty: write a type such as \"com.example.order.placed\"".into(),
        );
    }
    if is_family(text) {
        return Err(format!(
            "the event type of a struct cannot contain `*`: write a struct for each type and an enum of them, or handle `&Event` with `#[handles(\"{text}\")]` and decode it with `event.data_as`"
        ));
    }
    attribute_text(text)
}

/// Returns whether a text is a pattern of event types.
pub(crate) fn is_family(text: &str) -> bool {
    text.contains('*')
}

/// Checks a `subject`.
pub(crate) fn subject(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("the subject is empty: remove it, or write the subject of the event".into());
    }
    attribute_text(text)
}

/// Checks an event type or a pattern of event types.
pub(crate) fn event_pattern(text: &str) -> Result<(), String> {
    rules::check_pattern(text).map_err(|error| match error {
        EventTypeError::Empty => {
            "the event type is empty: write one such as \"co.outcome.order.placed\""
        }
        EventTypeError::PartialWildcard => {
            "a `*` must be a whole segment between dots, such as \"co.outcome.order.*\" for all types below \"co.outcome.order\""
        }
    })?;
    attribute_text(text)
}

/// Checks a value of type String (core, Type System).
pub(crate) fn attribute_text(text: &str) -> Result<(), String> {
    let mut illegal = text.chars().filter(|c| !rules::is_attribute_char(*c));
    match illegal.next() {
        None => Ok(()),
        Some(c) => Err(format!(
            "attributes cannot contain control characters or noncharacters: remove `\\u{{{:x}}}`",
            u32::from(c)
        )),
    }
}

/// Checks the name of an extension attribute (core, Naming Conventions).
pub(crate) fn extension_name(text: &str) -> Result<(), String> {
    if is_reserved(text) {
        return Err(format!(
            "`{text}` cannot be the name of an extension: use another name"
        ));
    }
    if is_attribute_name(text) {
        return Ok(());
    }
    let letters = "extension names consist of lower-case letters a-z and digits";
    Err(match as_extension_name(text) {
        Some(legal) => format!("{letters}: write `{legal}` instead of `{text}`"),
        None => format!("{letters}: use another name instead of `{text}`"),
    })
}

/// Returns whether a name is a core attribute or `data`.
pub(crate) fn is_reserved(name: &str) -> bool {
    rules::CORE.contains(&name) || name == rules::DATA
}

/// Returns whether a name consists of the characters of attribute names.
pub(crate) fn is_attribute_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(rules::is_name_byte)
}

/// Returns the valid extension name that is most similar to an invalid one, if there is one.
pub(crate) fn as_extension_name(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase().replace(['_', '-'], "");
    (is_attribute_name(&name) && !is_reserved(&name)).then_some(name)
}

/// Checks a `source`.
pub(crate) fn source(text: &str) -> Result<(), String> {
    let example = "write a source such as \"/shop/orders\" or \"https://shop.example.com/orders\"";
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

/// Checks a `dataschema`.
pub(crate) fn dataschema(text: &str) -> Result<(), String> {
    if validate::absolute_iri::<UriSpec>(text).is_ok() {
        return Ok(());
    }
    Err(match text.split_once('#') {
        Some((absolute, _)) if validate::iri::<UriSpec>(text).is_ok() => format!(
            "the schema of the data must be a URI without a fragment (RFC 3986, section 4.3): write \"{absolute}\""
        ),
        _ => "the schema of the data is not an absolute URI (RFC 3986, section 4.3): write one such as \"https://example.com/schemas/order.json\"".into(),
    })
}

/// Returns the text with its invalid characters percent-encoded, if the result is a URI-reference.
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

/// Checks a `datacontenttype`.
pub(crate) fn datacontenttype(text: &str) -> Result<(), String> {
    let example = "such as \"application/json\" or \"text/plain; charset=utf-8\"";
    attribute_text(text)?;
    if rules::declares_events(text) {
        return Err(format!(
            "the media type describes whole events, not their data: write one {example}"
        ));
    }
    if text != text.trim_end() {
        return Err(
            "the media type ends with white space, which headers do not keep: remove it".to_owned(),
        );
    }
    let parsed = rules::parse_media_type(text).map(drop);
    parsed.map_err(|error| match error {
        MediaTypeError::Syntax => format!("invalid media type (RFC 2046): write one {example}"),
        MediaTypeError::Range => format!("the media type is a range: write one {example}"),
        MediaTypeError::EmptyParameter(name) => {
            format!("the parameter `{name}` has no value: add a value, or remove the parameter")
        }
    })
}
