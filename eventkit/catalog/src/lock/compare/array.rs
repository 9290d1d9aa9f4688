//! Arrays and tuples.

use serde_json::Value;

use super::bounds;
use super::difference::{Compare, Difference};

/// Compares two schemas of arrays.
pub(super) fn check(
    comparison: &mut dyn Compare,
    path: &str,
    writer: &Value,
    reader: &Value,
) -> Vec<Difference> {
    let mut differences = items(comparison, path, writer, reader);
    let count = |schema| bounds::between(schema, "minItems", "maxItems");
    if !count(reader).includes(count(writer)) {
        let message = "readers accept fewer numbers of items";
        differences.push(Difference::new(path, message, writer, reader));
    }
    let is_unique = |schema: &Value| schema.get("uniqueItems") == Some(&Value::Bool(true));
    if is_unique(reader) && !is_unique(writer) {
        let message = "readers require items that differ";
        differences.push(Difference::new(path, message, writer, reader));
    }
    differences
}

/// Compares the items: position by position for tuples, and then all others.
fn items(
    comparison: &mut dyn Compare,
    path: &str,
    writer: &Value,
    reader: &Value,
) -> Vec<Difference> {
    let positions = [writer, reader].map(|schema| match schema.get("items") {
        Some(Value::Array(items)) => items.len(),
        _ => 0,
    });
    let longest = positions.into_iter().max().unwrap_or(0);
    let mut differences = Vec::new();
    for at in 0..longest {
        #[expect(clippy::cast_precision_loss, reason = "the number of items in a tuple")]
        let may_exist = (at as f64) < most_items(writer);
        if may_exist {
            let path = format!("{path}[{at}]");
            differences.extend(comparison.check(&path, item(writer, at), item(reader, at)));
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "the number of items in a tuple")]
    if (longest as f64) < most_items(writer) {
        let path = format!("{path}[]");
        differences.extend(comparison.check(&path, item(writer, longest), item(reader, longest)));
    }
    differences
}

fn most_items(schema: &Value) -> f64 {
    schema
        .get("maxItems")
        .and_then(Value::as_f64)
        .unwrap_or(f64::INFINITY)
}

/// Returns the schema of the item at a position.
fn item(schema: &Value, at: usize) -> &Value {
    const ANY: &Value = &Value::Bool(true);
    match schema.get("items") {
        Some(Value::Array(items)) => items
            .get(at)
            .or_else(|| schema.get("additionalItems"))
            .unwrap_or(ANY),
        Some(items) => items,
        None => ANY,
    }
}
