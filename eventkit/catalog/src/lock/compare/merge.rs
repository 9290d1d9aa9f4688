//! The combination of two schemas that both apply.

use serde_json::{Map, Value, json};

/// The keyword of a schema whose parts could not be merged.
pub(super) const CONFLICT: &str = "x-eventkit-conflict";

/// Returns a schema for the values that both schemas allow, or `None` if there are none.
pub(super) fn merge(left: &Value, right: &Value) -> Option<Value> {
    let (Value::Object(left), Value::Object(right)) = (left, right) else {
        return Some(left.clone());
    };
    let mut merged = left.clone();
    for (keyword, value) in right {
        let value = match left.get(keyword) {
            Some(own) if own != value => both(keyword, own, value)?,
            _ => value.clone(),
        };
        if value == json!(CONFLICT) {
            merged.insert(CONFLICT.to_owned(), json!([left, right]));
        } else {
            merged.insert(keyword.clone(), value);
        }
    }
    Some(Value::Object(merged))
}

/// Combines two values of a keyword.
fn both(keyword: &str, left: &Value, right: &Value) -> Option<Value> {
    match (keyword, left, right) {
        ("type", Value::String(a), Value::String(b)) => match (a.as_str(), b.as_str()) {
            ("integer", "number") | ("number", "integer") => Some(json!("integer")),
            _ => None,
        },
        ("const", ..) => None,
        ("properties", Value::Object(a), Value::Object(b)) => Some(properties(a, b)),
        ("required", Value::Array(a), Value::Array(b)) => {
            let more = b.iter().filter(|name| !a.contains(name));
            Some(a.iter().chain(more).cloned().collect())
        }
        ("additionalProperties" | "items", ..) => Some(json!({ "allOf": [left, right] })),
        ("minimum" | "minLength" | "minItems" | "minProperties", ..) => extreme(left, right, true),
        ("maximum" | "maxLength" | "maxItems" | "maxProperties", ..) => extreme(left, right, false),
        _ => Some(json!(CONFLICT)),
    }
}

fn properties(left: &Map<String, Value>, right: &Map<String, Value>) -> Value {
    let mut merged = left.clone();
    for (name, property) in right {
        let property = match left.get(name) {
            Some(own) if own != property => json!({ "allOf": [own, property] }),
            _ => property.clone(),
        };
        merged.insert(name.clone(), property);
    }
    Value::Object(merged)
}

/// Returns the greater or the smaller of two numbers.
fn extreme(left: &Value, right: &Value, greater: bool) -> Option<Value> {
    let is_greater = left.as_f64()? > right.as_f64()?;
    Some(if is_greater == greater {
        left.clone()
    } else {
        right.clone()
    })
}
