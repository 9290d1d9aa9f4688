//! The keywords of JSON Schema that contain schemas.

use serde_json::{Map, Value};

/// Keywords whose value is a schema, or a list of schemas.
const SCHEMAS: [&str; 14] = [
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords whose value is an object of schemas.
const MAPS: [&str; 4] = [
    "definitions",
    "dependencies",
    "patternProperties",
    "properties",
];

/// Position of a subschema in its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Among the definitions.
    Definition,
    /// Anywhere else.
    Inline,
}

/// Replaces each subschema of a schema.
pub(crate) fn map_subschemas(
    schema: &Map<String, Value>,
    change: &mut dyn FnMut(&Value, Place) -> Value,
) -> Map<String, Value> {
    let mut mapped = Map::new();
    for (keyword, value) in schema {
        let name = keyword.as_str();
        let value = match value {
            Value::Array(list) if SCHEMAS.contains(&name) => list
                .iter()
                .map(|each| change(each, Place::Inline))
                .collect(),
            value if SCHEMAS.contains(&name) => change(value, Place::Inline),
            Value::Object(all) if MAPS.contains(&name) => {
                let place = match name {
                    "definitions" => Place::Definition,
                    _ => Place::Inline,
                };
                let all = all.iter();
                Value::Object(
                    all.map(|(name, each)| (name.clone(), change(each, place)))
                        .collect(),
                )
            }
            value => value.clone(),
        };
        mapped.insert(keyword.clone(), value);
    }
    mapped
}
