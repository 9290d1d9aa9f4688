//! The rules that each attribute has to keep, one function per attribute.

use std::borrow::Cow;

use super::attribute::{AttributeRef, AttributeValue};

use super::media_type::{JSON, MediaType};
use super::name;
use super::text::is_attribute_text;
use super::timestamp::Timestamp;
use super::uri::{is_absolute_uri, is_uri_reference};
use crate::error::Violation;

const VERSION: &str = "\"1.0\"";
const TEXT: &str = "text without control characters and noncharacters";

/// The text of an attribute that is to be checked.
pub(crate) enum RawAttribute<'a> {
    /// The attribute is not set.
    Absent,
    /// A literal that the derive has checked.
    Checked,
    /// Text from outside.
    Text(&'a str),
}

/// Checks all core attributes that are text, by their place among [all](name::CORE), and notes
/// every violation.
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
    // A message repeats the start only, which four bytes a character are enough for.
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
    ensure(!value.is_empty() && is_uri_reference(value), || {
        Violation::new(name::SOURCE, value, expected, "core, source")
    })
}

pub(crate) fn dataschema(value: &str) -> Result<(), Violation> {
    let expected = "an absolute URI without a fragment (RFC 3986, section 4.3)";
    ensure(is_absolute_uri(value), || {
        Violation::new(name::DATASCHEMA, value, expected, "core, dataschema")
    })
}

pub(crate) fn datacontenttype(value: &str) -> Result<(), Violation> {
    if value == JSON {
        return Ok(());
    }
    let expected = "a media type such as application/json (RFC 2046)";
    ensure(
        is_attribute_text(value) && MediaType::parse(value).is_ok(),
        || {
            Violation::new(
                name::DATACONTENTTYPE,
                value,
                expected,
                "core, datacontenttype",
            )
        },
    )
}

pub(crate) fn time(value: Timestamp) -> Result<(), Violation> {
    let checked = value.check();
    checked
        .map_err(|expected| Violation::new(name::TIME, &value.to_string(), expected, "core, time"))
}

pub(crate) fn extension(name: &str, value: &AttributeValue) -> Result<(), Violation> {
    match value {
        AttributeValue::String(text) => extension_text(name, text),
        AttributeValue::Timestamp(at) => {
            name::check_extension_name(name, || Cow::Owned(at.to_string()))?;
            let section = "core, Type System";
            at.check().map_err(|expected| {
                Violation::new(name.to_owned(), &at.to_string(), expected, section)
            })
        }
        other => name::check_extension_name(name, || AttributeRef::from(other).into_text()),
    }
}

/// Checks an extension by its canonical string.
pub(crate) fn extension_text(name: &str, text: &str) -> Result<(), Violation> {
    name::check_extension_name(name, || Cow::Borrowed(text))?;
    ensure(is_attribute_text(text), || {
        Violation::new(name.to_owned(), text, TEXT, "core, Type System")
    })
}

fn non_empty_text(
    attribute: &'static str,
    value: &str,
    section: &'static str,
) -> Result<(), Violation> {
    ensure(!value.is_empty(), || {
        Violation::new(attribute, value, "a non-empty string", section)
    })?;
    ensure(is_attribute_text(value), || {
        Violation::new(attribute, value, TEXT, section)
    })
}

fn ensure(holds: bool, violation: impl FnOnce() -> Violation) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(violation()) }
}
