//! The encoder of XML events.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use eventkit::binding;
use eventkit::event::{AttributeValue, Data, DataKind, MediaType};
use eventkit::{EncodeError, Event};

use super::chars::{self, escape_text};
use super::element::is_element;
use super::namespaces::PREFIXES;
use super::types::Type;
use crate::sizes;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The bytes of a document besides its texts and its data: the root, the names of elements, and the
/// time.
const OVERHEAD: usize = 576;
/// The bytes of most extensions, with the names of their elements.
const EXTENSION: usize = 128;

/// Encodes one event as a document.
pub(super) fn event(event: &Event) -> Result<Bytes, EncodeError> {
    let mut out = String::with_capacity(capacity(event));
    out.push_str(DECLARATION);
    out.push_str("<ce:event");
    declare_namespaces(&mut out);
    element(event, &mut out)?;
    Ok(out.into())
}

/// Encodes a batch as a document.
pub(super) fn batch(events: &[Event]) -> Result<Bytes, EncodeError> {
    let mut out = String::from(DECLARATION);
    out.push_str("<ce:batch");
    declare_namespaces(&mut out);
    out.push('>');
    for event in events {
        out.push_str("<ce:event");
        element(event, &mut out)?;
    }
    out.push_str("</ce:batch>");
    Ok(out.into())
}

/// Returns a number of bytes that the document of most events fits in.
fn capacity(event: &Event) -> usize {
    let core = sizes::core_attributes(event);
    let data = sizes::data(event);
    OVERHEAD + core + event.extensions().len() * EXTENSION + data + data / 8
}

fn declare_namespaces(out: &mut String) {
    for (prefix, namespace) in PREFIXES {
        out.push_str(" xmlns:");
        out.push_str(prefix);
        out.push_str("=\"");
        out.push_str(namespace);
        out.push('"');
    }
}

/// Writes the rest of the element of an event, after its name and the namespaces that it declares.
fn element(event: &Event, out: &mut String) -> Result<(), EncodeError> {
    out.push_str(" specversion=\"");
    out.push_str(event.spec_version());
    out.push_str("\">");
    for (name, text) in [
        ("id", Some(event.id())),
        ("source", Some(event.source())),
        ("type", Some(event.ty())),
        ("subject", event.subject()),
        ("datacontenttype", event.data_content_type()),
        ("dataschema", event.data_schema()),
    ] {
        if let Some(text) = text {
            attribute(name, None, text, out);
        }
    }
    if let Some(time) = event.time() {
        write!(out, "<ce:time>{time}</ce:time>").map_err(EncodeError::format)?;
    }
    for (name, value) in event.extensions() {
        extension(name, value, out)?;
    }
    if let Some(data) = event.data() {
        self::data(data, event, out)?;
    }
    out.push_str("</ce:event>");
    Ok(())
}

fn extension(name: &str, value: &AttributeValue, out: &mut String) -> Result<(), EncodeError> {
    if !chars::is_name(name) {
        let reason = "which begins with a digit, is not the name of an XML element";
        return Err(EncodeError::format(format!(
            "the extension `{name}`, {reason}"
        )));
    }
    attribute(name, Some(Type::of(value)), &value.to_text(), out);
    Ok(())
}

/// Writes an attribute as an element.
fn attribute(name: &str, ty: Option<Type>, text: &str, out: &mut String) {
    out.push_str("<ce:");
    out.push_str(name);
    if let Some(ty) = ty {
        out.push_str(" xsi:type=\"ce:");
        out.push_str(ty.name());
        out.push('"');
    }
    out.push('>');
    escape_text(text, out);
    out.push_str("</ce:");
    out.push_str(name);
    out.push('>');
}

fn data(data: &Data, event: &Event, out: &mut String) -> Result<(), EncodeError> {
    let mut write = |ty: &str, write: &dyn Fn(&mut String)| {
        out.push_str("<ce:data xsi:type=\"xs:");
        out.push_str(ty);
        out.push_str("\">");
        write(out);
        out.push_str("</ce:data>");
    };
    match data
        .as_str()
        .filter(|text| chars::forbidden(text).is_none())
    {
        Some(text) if data.kind() == DataKind::Text && is_xml(event) && is_element(text) => {
            write("any", &|out| out.push_str(text));
        }
        Some(text) => write("string", &|out| escape_text(text, out)),
        None => {
            // Text with a character that XML forbids is as good as its bytes, if the content type
            // says how to read them.
            let bytes = binding::body(event)?;
            write("base64Binary", &|out| {
                BASE64_STANDARD.encode_string(&bytes, out);
            });
        }
    }
    Ok(())
}

fn is_xml(event: &Event) -> bool {
    event.data_content_type().is_some_and(declares_xml)
}

/// Returns whether a content type declares XML.
pub(super) fn declares_xml(content_type: &str) -> bool {
    let has_xml = |part: &[u8]| part.eq_ignore_ascii_case(b"xml");
    content_type.as_bytes().windows(3).any(has_xml)
        && MediaType::parse(content_type).is_ok_and(|media_type| {
            media_type.subtype() == "xml" || media_type.suffix() == Some("xml")
        })
}
