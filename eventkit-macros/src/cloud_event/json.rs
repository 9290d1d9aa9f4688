//! The start of a JSON event that all events of a type have in common.

use super::attr::TypeAttrs;
use crate::literal::Extension;

/// Writes the attributes of the type, and the name of the id; `None` where the source is not fixed,
/// or the data may be no JSON.
pub(super) fn head(attrs: &TypeAttrs, content_type: &str) -> Option<String> {
    let source = attrs.source.as_ref()?.value();
    let ty = attrs.ty.as_ref()?.value();
    if !is_json(content_type) {
        return None;
    }
    let optional = [
        ("subject", attrs.subject.as_ref()),
        ("dataschema", attrs.dataschema.as_ref()),
    ];
    let optional = optional
        .into_iter()
        .filter_map(|(name, literal)| Some((name, quoted(&literal?.value()))));
    let required = [
        ("specversion", quoted("1.0")),
        ("source", quoted(&source)),
        ("type", quoted(&ty)),
        ("datacontenttype", quoted(content_type)),
    ];
    let extensions = attrs.extensions.iter().map(|(name, value)| {
        let value = match value {
            Extension::Boolean(flag) => flag.to_string(),
            Extension::Integer(number) => number.to_string(),
            Extension::String(text) => quoted(text),
        };
        (name.as_str(), value)
    });
    let members = required.into_iter().chain(optional).chain(extensions);
    let members: Vec<String> = members
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    Some(format!("{{{},\"id\":\"", members.join(",")))
}

/// Returns whether the data is JSON for sure: a media type with parameters needs a closer look.
fn is_json(content_type: &str) -> bool {
    !content_type.contains(';')
        && (content_type.ends_with("/json") || content_type.ends_with("+json"))
}

/// Writes a string; control characters have been refused by then.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
