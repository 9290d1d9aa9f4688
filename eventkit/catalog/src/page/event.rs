//! The section of an event type.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::details::{breakable, code, facts, inline, json, links, paragraphs};
use super::{escape, fields};
use crate::catalog::Catalog;
use crate::event_type::{AttributeValue, EventType};
use crate::keys::Keys;

/// The characters of an event type that are encoded in a path: all but the unreserved ones (RFC 3986, 2.3).
const PATH_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Returns the text that a search looks at.
pub(super) fn search(event: &EventType) -> String {
    let mut words = vec![event.ty.clone()];
    words.extend(event.rust_type.map(str::to_owned));
    words.extend(event.description.clone());
    words.extend(
        event
            .attributes
            .iter()
            .map(|attribute| attribute.name.to_owned()),
    );
    if let Some(schema) = &event.schema {
        words.extend(fields::rows(&schema.read).into_iter().map(|row| row.path));
    }
    words.join(" ").to_lowercase()
}

/// Returns the section.
pub(super) fn section(
    catalog: &Catalog,
    keys: &Keys,
    event: &EventType,
    documents: Option<&str>,
) -> String {
    let mut section = format!(
        "<article id=\"{}\" data-search=\"{}\">\n<h3>{}</h3>\n",
        escape(&keys.event_anchor(&event.ty)),
        escape(&search(event)),
        breakable(&event.ty)
    );
    section.push_str(
        &event
            .description
            .as_deref()
            .map(paragraphs)
            .unwrap_or_default(),
    );
    section.push_str(&facts(&facts_of(catalog, keys, event)));
    section.push_str(&attributes(event));
    match &event.schema {
        None => section.push_str("<p class=\"note\">The schema of the data is not known.</p>\n"),
        Some(schema) => {
            section.push_str(&fields::table(&schema.read));
            if let Some(example) = event.example() {
                section.push_str(&json("Example", &example, false));
            }
            section.push_str(&json("JSON Schema", &schema.read, false));
            if let Some(documents) = documents {
                let path = utf8_percent_encode(&event.ty, PATH_SEGMENT);
                let href = escape(&format!("{documents}schemas/{path}"));
                let _ = writeln!(
                    section,
                    "<p class=\"documents\"><a href=\"{href}\">JSON Schema</a></p>"
                );
            }
        }
    }
    section.push_str("</article>\n");
    section
}

fn facts_of(catalog: &Catalog, keys: &Keys, event: &EventType) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    add("Media type", event.data_content_type.map(code));
    add("Data schema", event.data_schema.map(code));
    add("Rust type", event.rust_type.map(code));
    let handlers = catalog.handlers().iter().enumerate();
    let link = |(at, handler): (usize, &'_ crate::HandlerInfo)| {
        (keys.handler_anchor(at), handler.short_name().to_owned())
    };
    let handled: Vec<_> = handlers
        .clone()
        .filter(|(_, handler)| handler.handled_types().any(|ty| ty == event.ty))
        .map(link)
        .collect();
    let emitted: Vec<_> = handlers
        .filter(|(_, handler)| handler.emits.contains(&event.ty))
        .map(link)
        .collect();
    for (name, found) in [("Handled by", handled), ("Emitted by", emitted)] {
        let found: Vec<(String, &str)> = found
            .iter()
            .map(|(anchor, name)| (anchor.clone(), name.as_str()))
            .collect();
        add(name, (!found.is_empty()).then(|| links(&found)));
    }
    facts
}

/// Returns the table of the attributes.
fn attributes(event: &EventType) -> String {
    if event.attributes.is_empty() {
        return String::new();
    }
    let mut table = "<h4>Attributes</h4>\n<table><tbody>\n".to_owned();
    for attribute in &event.attributes {
        let (value, description) = match &attribute.value {
            AttributeValue::Fixed(serde_json::Value::String(text)) => (code(text), String::new()),
            AttributeValue::Fixed(value) => (code(&value.to_string()), String::new()),
            AttributeValue::Computed => ("computed".to_owned(), String::new()),
            AttributeValue::Field { schema, required } => {
                let ty = fields::type_text(schema, schema);
                let ty = if *required {
                    ty
                } else {
                    format!("{ty}, optional")
                };
                let description = schema
                    .get("description")
                    .and_then(serde_json::Value::as_str);
                (escape(&ty), description.map(inline).unwrap_or_default())
            }
        };
        let name = code(attribute.name);
        let _ = writeln!(
            table,
            "<tr><th scope=\"row\">{name}</th><td class=\"type\">{value}</td><td>{description}</td></tr>"
        );
    }
    table.push_str("</tbody></table>\n");
    table
}
