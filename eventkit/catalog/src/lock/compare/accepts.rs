//! Whether a schema accepts a value.

use serde_json::Value;

use super::alternatives::type_of;
use super::bounds;
use super::keywords::OPAQUE;

/// Keywords of texts and numbers that are not evaluated.
const UNEVALUATED: [&str; 4] = [
    "contentEncoding",
    "contentMediaType",
    "multipleOf",
    "pattern",
];

/// Returns whether an alternative of a reader accepts a value. Values of objects and arrays must be equal to
/// the constant of the reader, or be unrestricted.
pub(super) fn accepts(value: &Value, reader: &Value) -> bool {
    if let Some(constant) = reader.get("const") {
        return constant == value || is_same_number(constant, value);
    }
    let mut unknown = UNEVALUATED.iter().chain(&OPAQUE);
    if unknown.any(|keyword| reader.get(keyword).is_some()) {
        return false;
    }
    let fits = |ty: &str| match value {
        Value::Null => ty == "null",
        Value::Bool(_) => ty == "boolean",
        Value::Number(number) => ty == "number" || (ty == "integer" && !number.is_f64()),
        Value::String(_) => ty == "string",
        Value::Array(_) | Value::Object(_) => false,
    };
    let is_compound = value.is_array() || value.is_object();
    match type_of(reader) {
        Some(ty) if !fits(ty) => return false,
        None if is_compound => return reader.as_object().is_some_and(serde_json::Map::is_empty),
        _ => {}
    }
    match value {
        Value::Number(number) => bounds::of_number(reader).contains(number.as_f64().unwrap_or(0.0)),
        Value::String(text) => {
            #[expect(clippy::cast_precision_loss, reason = "lengths of texts are small")]
            let length = text.chars().count() as f64;
            bounds::between(reader, "minLength", "maxLength").contains(length)
                && !has_format(reader)
        }
        _ => true,
    }
}

fn has_format(reader: &Value) -> bool {
    reader.get("format").is_some()
}

fn is_same_number(a: &Value, b: &Value) -> bool {
    a.is_number() && b.is_number() && a.as_f64() == b.as_f64()
}
