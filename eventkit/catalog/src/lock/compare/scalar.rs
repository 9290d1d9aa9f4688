//! Texts and numbers.

use serde_json::Value;

use super::bounds;
use super::difference::Difference;

/// Compares two schemas of texts.
pub(super) fn string(path: &str, writer: &Value, reader: &Value) -> Vec<Difference> {
    let mut messages = Vec::new();
    let length = |schema| bounds::between(schema, "minLength", "maxLength");
    if !length(reader).includes(length(writer)) {
        messages.push("readers accept fewer lengths".to_owned());
    }
    for keyword in ["format", "pattern", "contentEncoding", "contentMediaType"] {
        if let Some(wanted) = reader.get(keyword)
            && writer.get(keyword) != Some(wanted)
        {
            messages.push(format!("readers require the {keyword} {wanted}"));
        }
    }
    differences(path, messages, writer, reader)
}

/// Compares two schemas of numbers.
pub(super) fn number(path: &str, writer: &Value, reader: &Value) -> Vec<Difference> {
    let mut messages = Vec::new();
    if !bounds::of_number(reader).includes(bounds::of_number(writer)) {
        messages.push("readers accept fewer numbers".to_owned());
    }
    if let Some(wanted) = reader.get("multipleOf") {
        let written = writer.get("multipleOf").and_then(Value::as_f64);
        let is_multiple = written
            .zip(wanted.as_f64())
            .is_some_and(|(written, wanted)| written % wanted == 0.0);
        if !is_multiple {
            messages.push(format!("readers require multiples of {wanted}"));
        }
    }
    differences(path, messages, writer, reader)
}

fn differences(
    path: &str,
    messages: Vec<String>,
    writer: &Value,
    reader: &Value,
) -> Vec<Difference> {
    let messages = messages.into_iter();
    messages
        .map(|message| Difference::new(path, message, writer, reader))
        .collect()
}
