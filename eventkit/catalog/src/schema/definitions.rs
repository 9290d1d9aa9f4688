//! References to definitions.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::keywords::{Place, map_subschemas};

/// The maximum number of references to references.
const MAX_REFERENCES: usize = 32;

/// Returns the name of the definition that a reference leads to. A reference is a URI with a JSON pointer.
pub(crate) fn definition_name(reference: &str) -> Option<String> {
    let name = reference.strip_prefix("#/definitions/")?;
    let name = percent_decode_str(name).decode_utf8().ok()?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

/// Returns the name of the definition that a schema refers to.
fn target(schema: &Value) -> Option<String> {
    definition_name(schema.get("$ref")?.as_str()?)
}

/// Follows references. A reference that leads nowhere is returned as it is.
pub(crate) fn resolve<'s>(mut schema: &'s Value, root: &'s Value) -> &'s Value {
    for _ in 0..MAX_REFERENCES {
        let definition = match schema.get("$ref").and_then(Value::as_str) {
            Some("#") => Some(root),
            Some(_) => target(schema).and_then(|name| root.get("definitions")?.get(name)),
            None => None,
        };
        match definition {
            Some(found) => schema = found,
            None => break,
        }
    }
    schema
}

/// Removes the definitions that nothing refers to.
pub(crate) fn prune(root: &mut Value) {
    let mut used = BTreeSet::new();
    let mut open = vec![root.clone()];
    while let Some(schema) = open.pop() {
        let Value::Object(map) = &schema else {
            continue;
        };
        if let Some(name) = target(&schema)
            && let Some(definition) = root.get("definitions").and_then(|all| all.get(&name))
            && used.insert(name)
        {
            open.push(definition.clone());
        }
        map_subschemas(map, &mut |each, place| {
            if place == Place::Inline {
                open.push(each.clone());
            }
            Value::Null
        });
    }
    let Some(map) = root.as_object_mut() else {
        return;
    };
    let Some(Value::Object(definitions)) = map.get_mut("definitions") else {
        return;
    };
    definitions.retain(|name, _| used.contains(name));
    if definitions.is_empty() {
        map.remove("definitions");
    }
}
