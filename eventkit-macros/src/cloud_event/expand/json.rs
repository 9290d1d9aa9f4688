//! The start of a JSON event that all events of a type have in common.

use eventkit_cesql::rules;

use crate::cloud_event::attr::TypeAttrs;
use crate::symbol;
use crate::value::Extension;

/// Returns the attributes of the type up to the value of `id`, or `None` if the source is not fixed
/// or the data may not be JSON.
pub(super) fn head(attrs: &TypeAttrs, content_type: &str) -> Option<String> {
    let (source, ty) = (attrs.source.as_deref()?, attrs.ty.as_ref()?.literal()?);
    // A media type with parameters is handled at run time.
    if content_type.contains(';') || !rules::declares_json(content_type) {
        return None;
    }
    let optional = [
        (symbol::SUBJECT, attrs.subject.as_deref()),
        (symbol::DATASCHEMA, attrs.dataschema.as_deref()),
    ];
    let optional = optional
        .into_iter()
        .filter_map(|(name, text)| Some((name, quoted(text?))));
    let required = [
        (symbol::SPECVERSION, quoted("1.0")),
        (symbol::SOURCE, quoted(source)),
        (symbol::TYPE, quoted(ty)),
        (symbol::DATACONTENTTYPE, quoted(content_type)),
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

/// Returns a JSON string. Only control characters would need escapes, and attributes cannot contain
/// them.
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
