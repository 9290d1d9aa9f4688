//! The fields of a schema as a table.

use std::fmt::Write;

use serde_json::Value;

use super::details::{breakable, inline};
use super::escape;
use crate::schema::{definition_name, resolve};

/// The depth to which fields of fields are listed.
const MAX_DEPTH: usize = 5;

/// The maximum number of fields in a table.
const MAX_ROWS: usize = 200;

/// A field.
#[derive(Debug)]
pub(super) struct Row {
    /// The path from the data, such as `lines[].price`.
    pub(super) path: String,
    ty: String,
    required: bool,
    description: Option<String>,
}

/// Returns the table of the fields, or a note if the data has none.
pub(super) fn table(schema: &Value) -> String {
    let rows = rows(schema);
    let mut table = "<h4>Data</h4>\n".to_owned();
    if rows.is_empty() {
        let text = match type_text(schema, schema).as_str() {
            "null" => "No data.".to_owned(),
            text => text.to_owned(),
        };
        let _ = writeln!(table, "<p class=\"note\">{}</p>", escape(&text));
        return table;
    }
    table.push_str("<table class=\"fields\"><tbody>\n");
    for row in rows {
        let optional = if row.required {
            ""
        } else {
            "<span class=\"optional\">optional</span>"
        };
        let description = row.description.as_deref().map(inline).unwrap_or_default();
        let _ = writeln!(
            table,
            "<tr><th scope=\"row\"><code>{}</code></th><td class=\"type\">{} {optional}</td><td>{description}</td></tr>",
            breakable(&row.path),
            escape(&row.ty)
        );
    }
    table.push_str("</tbody></table>\n");
    table
}

/// Returns the fields of a schema, and theirs.
pub(super) fn rows(schema: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    collect(schema, schema, "", 0, &mut rows);
    rows
}

fn collect(schema: &Value, root: &Value, path: &str, depth: usize, rows: &mut Vec<Row>) {
    if depth > MAX_DEPTH || rows.len() >= MAX_ROWS {
        return;
    }
    let schema = resolve(schema, root);
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|list| list.iter().any(|each| each == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let known = rows
            .iter()
            .any(|row| row.path == path && row.ty == type_text(property, root));
        if !known {
            rows.push(Row {
                ty: type_text(property, root),
                required: is_required(name),
                description: description(property, root),
                path: path.clone(),
            });
        }
        collect(property, root, &path, depth + 1, rows);
    }
    match schema.get("items") {
        Some(Value::Array(_)) | None => {}
        Some(item) => collect(item, root, &format!("{path}[]"), depth + 1, rows),
    }
    if let Some(values @ Value::Object(_)) = schema.get("additionalProperties") {
        collect(values, root, &format!("{path}.*"), depth + 1, rows);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let parts = schema.get(keyword).and_then(Value::as_array);
        for part in parts.into_iter().flatten() {
            collect(part, root, path, depth + 1, rows);
        }
    }
}

fn description(property: &Value, root: &Value) -> Option<String> {
    let own = property.get("description");
    let text = own.or_else(|| resolve(property, root).get("description"))?;
    text.as_str().map(str::to_owned)
}

/// Returns the type of a schema as text, such as `array of string`.
pub(super) fn type_text(schema: &Value, root: &Value) -> String {
    text(schema, root, 0)
}

fn text(schema: &Value, root: &Value, depth: usize) -> String {
    let name = schema.get("$ref").and_then(Value::as_str);
    let name = name.and_then(definition_name);
    let name = name.as_deref();
    let schema = resolve(schema, root);
    if depth > MAX_DEPTH {
        return name.unwrap_or("…").to_owned();
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return joined(values.iter().map(ToString::to_string).collect());
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(parts) = schema.get(keyword).and_then(Value::as_array) {
            return joined(
                parts
                    .iter()
                    .map(|part| text(part, root, depth + 1))
                    .collect(),
            );
        }
    }
    if let Some([single]) = schema
        .get("allOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        return text(single, root, depth + 1);
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(ty)) => vec![ty],
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        _ => return name.unwrap_or("any").to_owned(),
    };
    joined(
        types
            .into_iter()
            .map(|ty| typed(ty, schema, root, name, depth))
            .collect(),
    )
}

fn typed(ty: &str, schema: &Value, root: &Value, name: Option<&str>, depth: usize) -> String {
    let format = schema.get("format").and_then(Value::as_str);
    match (ty, schema.get("items"), schema.get("additionalProperties")) {
        ("array", Some(Value::Array(items)), _) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| text(item, root, depth + 1))
                .collect();
            format!("({})", items.join(", "))
        }
        ("array", Some(item), _) => format!("array of {}", text(item, root, depth + 1)),
        ("object", _, Some(values @ Value::Object(_))) if schema.get("properties").is_none() => {
            format!("map of {}", text(values, root, depth + 1))
        }
        ("object", ..) => name.unwrap_or("object").to_owned(),
        ("null", ..) => "null".to_owned(),
        _ => match (name, format) {
            (Some(name), _) => format!("{name} ({ty})"),
            (None, Some(format)) => format!("{ty} ({format})"),
            (None, None) => ty.to_owned(),
        },
    }
}

/// Joins alternatives, each once.
fn joined(texts: Vec<String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    distinct.join(" or ")
}
