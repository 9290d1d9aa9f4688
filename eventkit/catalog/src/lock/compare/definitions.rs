//! The definitions of two documents.

use serde_json::Value;

use crate::schema::resolve;

/// Returns whether all references of a schema lead to equal definitions in both documents.
pub(super) fn are_same(schema: &Value, written: &Value, read: &Value) -> bool {
    let mut seen: Vec<&Value> = Vec::new();
    let mut open = vec![schema];
    while let Some(part) = open.pop() {
        match part {
            Value::Object(map) => {
                if map.contains_key("$ref") && !seen.contains(&part) {
                    seen.push(part);
                    let definition = resolve(part, written);
                    if definition != resolve(part, read) {
                        return false;
                    }
                    open.push(definition);
                }
                open.extend(map.values());
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    true
}
