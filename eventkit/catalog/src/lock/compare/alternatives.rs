//! The alternatives of a schema: what `anyOf`, `enum` and lists of types allow, each by itself.

use serde_json::{Map, Value, json};

use super::merge;
use crate::schema::resolve;

/// The maximum number of alternatives of a schema, such as the variants of an enum.
const MAX_ALTERNATIVES: usize = 2_048;

/// The maximum number of combinations of alternatives that all apply.
const MAX_COMBINATIONS: usize = 256;

/// The maximum nesting depth of combined schemas.
const MAX_DEPTH: usize = 32;

/// Returns the alternatives of a schema, without references at their top, or `None` if there are too many.
///
/// `oneOf` counts as `anyOf`, because serde takes the first variant that fits.
pub(super) fn of(schema: &Value, root: &Value) -> Option<Vec<Value>> {
    expand(schema, root, 0)
}

fn expand(schema: &Value, root: &Value, depth: usize) -> Option<Vec<Value>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut base = match resolve(schema, root) {
        Value::Bool(false) => return Some(Vec::new()),
        Value::Object(map) => map.clone(),
        _ => return Some(vec![json!({})]),
    };
    for keyword in ["definitions", "default"] {
        base.remove(keyword);
    }
    let combined = ["allOf", "anyOf", "oneOf"].map(|keyword| base.remove(keyword));
    let [all, any, one] = combined.map(|list| match list {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    });
    let mut alternatives = split(base);
    for part in all {
        alternatives = product(&alternatives, &expand(&part, root, depth + 1)?)?;
    }
    for list in [any, one] {
        if list.is_empty() {
            continue;
        }
        let mut choices = Vec::new();
        for choice in list {
            choices.extend(expand(&choice, root, depth + 1)?);
            if choices.len() > MAX_ALTERNATIVES {
                return None;
            }
        }
        alternatives = product(&alternatives, &choices)?;
    }
    Some(alternatives)
}

/// Returns a schema for each value of an `enum`, or for each type of a list of types.
fn split(schema: Map<String, Value>) -> Vec<Value> {
    if let Some(Value::Array(values)) = schema.get("enum") {
        return values
            .iter()
            .map(|value| json!({ "const": value }))
            .collect();
    }
    if let Some(Value::Array(types)) = schema.get("type") {
        let types = types.iter().map(|ty| {
            let mut single = schema.clone();
            single.insert("type".to_owned(), ty.clone());
            Value::Object(single)
        });
        return types.collect();
    }
    vec![Value::Object(schema)]
}

/// Returns what both lists allow.
fn product(left: &[Value], right: &[Value]) -> Option<Vec<Value>> {
    let multiplies = left.len() > 1 && right.len() > 1;
    let mut product = Vec::new();
    for left in left {
        product.extend(right.iter().filter_map(|right| merge::merge(left, right)));
        if multiplies && product.len() > MAX_COMBINATIONS {
            return None;
        }
    }
    Some(product)
}

/// Returns the type of an alternative.
pub(super) fn type_of(schema: &Value) -> Option<&str> {
    if let Some(value) = schema.get("const") {
        return Some(match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        });
    }
    schema.get("type")?.as_str()
}
