//! The rules of the specification for each attribute.

use std::borrow::Cow;

use super::attribute::{AttributeRef, AttributeValue};
use super::data::Data;
use super::media_type::{JSON, MediaType, declares_events};
use super::name::{self, is_attribute_text};
use super::timestamp::Timestamp;
use super::uri::{is_absolute_uri, is_uri_reference};
use crate::error::Violation;

const VERSION: &str = "\"1.0\"";
const TEXT: &str = "text without control characters and noncharacters";

/// The text of an attribute before its check.
pub(crate) enum RawAttribute<'a> {
    /// The attribute is not set.
    Absent,
    /// A literal that the derive macro checked at compile time.
    Checked,
    /// Text from a message or a program.
    Text(&'a str),
}

/// Checks all core attributes that are text, in the order of [`name::CORE`], and records every
/// violation.
#[inline]
pub(crate) fn core_attributes<'a>(
    get: impl Fn(usize) -> RawAttribute<'a>,
    violations: &mut Vec<Violation>,
) {
    type Rule = fn(&str) -> Result<(), Violation>;
    static RULES: [(usize, bool, Rule); 6] = [
        (name::ID_AT, true, id),
        (name::SOURCE_AT, true, source),
        (name::TYPE_AT, true, ty),
        (name::SUBJECT_AT, false, subject),
        (name::DATACONTENTTYPE_AT, false, datacontenttype),
        (name::DATASCHEMA_AT, false, dataschema),
    ];
    for (at, required, rule) in &RULES {
        let checked = match get(*at) {
            RawAttribute::Text(text) => rule(text),
            RawAttribute::Absent if *required => Err(missing(*at)),
            RawAttribute::Absent | RawAttribute::Checked => Ok(()),
        };
        if let Err(violation) = checked {
            violations.push(violation);
        }
    }
}

fn missing(at: usize) -> Violation {
    let expected = "a value: the attribute is required";
    Violation::missing(name::CORE[at], expected, "core, REQUIRED Attributes")
}

pub(crate) fn no_version() -> Violation {
    Violation::missing(name::SPECVERSION, VERSION, "core, specversion")
}

pub(crate) fn another_version(value: &str) -> Violation {
    Violation::new(name::SPECVERSION, value, VERSION, "core, specversion")
}

/// Creates the violation of data that is not the JSON its content type declares.
pub(crate) fn not_json(data: &[u8], error: &serde_json::Error) -> Violation {
    // A message shows only the start, and a character has at most four bytes.
    let start = &data[..data.len().min(400)];
    let expected = format!("JSON, as `datacontenttype` declares ({error})");
    let section = "JSON format, 3.1.1";
    Violation::new(
        name::DATA,
        &String::from_utf8_lossy(start),
        expected,
        section,
    )
}

pub(crate) fn id(value: &str) -> Result<(), Violation> {
    non_empty_text(name::ID, value, "core, id")
}

pub(crate) fn ty(value: &str) -> Result<(), Violation> {
    non_empty_text(name::TYPE, value, "core, type")
}

pub(crate) fn subject(value: &str) -> Result<(), Violation> {
    non_empty_text(name::SUBJECT, value, "core, subject")
}

pub(crate) fn source(value: &str) -> Result<(), Violation> {
    let expected = "a non-empty URI-reference (RFC 3986)";
    let holds = !value.is_empty() && is_uri_reference(value);
    ensure(holds, name::SOURCE, value, expected, "core, source")
}

pub(crate) fn dataschema(value: &str) -> Result<(), Violation> {
    let expected = "an absolute URI without a fragment (RFC 3986, section 4.3)";
    let (holds, section) = (is_absolute_uri(value), "core, dataschema");
    ensure(holds, name::DATASCHEMA, value, expected, section)
}

pub(crate) fn datacontenttype(value: &str) -> Result<(), Violation> {
    let holds = value == JSON || is_attribute_text(value) && MediaType::parse(value).is_ok();
    let expected = "a media type such as application/json (RFC 2046)";
    let section = "core, datacontenttype";
    ensure(holds, name::DATACONTENTTYPE, value, expected, section)
}

/// Checks that every binding can carry data of this content type unchanged.
pub(crate) fn carried(content_type: &str, data: Option<&Data>) -> Result<(), Violation> {
    let wrong = |expected, section| {
        let attribute = name::DATACONTENTTYPE;
        Err(Violation::new(attribute, content_type, expected, section))
    };
    if declares_events(content_type) {
        let expected = "a media type of data: over HTTP this one marks the body as whole events";
        return wrong(expected, "HTTP binding, 3");
    }
    if !data.is_none_or(|data| data.is_in_charset_of(content_type)) {
        let expected = "UTF-8 as the charset of text: pass text in another charset as bytes";
        return wrong(expected, "JSON format, 3.1");
    }
    Ok(())
}

pub(crate) fn time(value: Timestamp) -> Result<(), Violation> {
    writable(name::TIME, value, "core, time")
}

fn writable(name: &str, time: Timestamp, section: &'static str) -> Result<(), Violation> {
    let checked = time.check();
    checked.or_else(|expected| violated(name, &time.to_string(), expected, section))
}

pub(crate) fn extension(name: &str, value: &AttributeValue) -> Result<(), Violation> {
    extension_name(name, || AttributeRef::from(value).into_text())?;
    match value {
        AttributeValue::String(text) => ensure_text(name, text, "core, Type System"),
        AttributeValue::Timestamp(at) => writable(name, *at, "core, Type System"),
        _ => Ok(()),
    }
}

/// Checks the name of an extension attribute (core specification, Naming Conventions). `value` is
/// shown in the error.
///
/// The specification only discourages names of more than 20 characters, so they are accepted.
pub(crate) fn extension_name<'v>(
    name: &str,
    value: impl FnOnce() -> Cow<'v, str>,
) -> Result<(), Violation> {
    let legal = !name.is_empty() && name::all(name.as_bytes(), name::is_name_byte);
    let expected = if !legal {
        "an extension name of lower-case letters a-z and digits 0-9"
    } else if name == name::DATA {
        "another name: `data` is reserved"
    } else if name::core_at(name).is_some() {
        "an extension name that is not a core attribute"
    } else {
        return Ok(());
    };
    let section = "core, Naming Conventions";
    violated(name, &value(), expected, section)
}

/// Checks the canonical string of an extension attribute.
pub(crate) fn extension_text(name: &str, text: &str) -> Result<(), Violation> {
    extension_name(name, || Cow::Borrowed(text))?;
    ensure_text(name, text, "core, Type System")
}

fn non_empty_text(attribute: &str, value: &str, section: &'static str) -> Result<(), Violation> {
    let expected = "a non-empty string";
    ensure(!value.is_empty(), attribute, value, expected, section)?;
    ensure_text(attribute, value, section)
}

fn ensure_text(attribute: &str, value: &str, section: &'static str) -> Result<(), Violation> {
    ensure(is_attribute_text(value), attribute, value, TEXT, section)
}

// A separate function creates the violation, so that the check itself can be inlined.
#[inline]
fn ensure(
    holds: bool,
    attribute: &str,
    value: &str,
    expected: &'static str,
    section: &'static str,
) -> Result<(), Violation> {
    if holds {
        return Ok(());
    }
    violated(attribute, value, expected, section)
}

#[cold]
fn violated(
    attribute: &str,
    value: &str,
    expected: &'static str,
    section: &'static str,
) -> Result<(), Violation> {
    let attribute = attribute.to_owned();
    Err(Violation::new(attribute, value, expected, section))
}
