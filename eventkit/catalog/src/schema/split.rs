//! The schema of a struct, split into its data and the fields that are attributes.

use eventkit::EventDescriptor;
use serde_json::{Map, Value, json};

use super::{Contracts, DataSchema, prune, resolve};

/// The schema of a field that sets an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AttributeSchema {
    pub(crate) name: &'static str,
    /// The schema without references, or an empty one if it is unknown.
    pub(crate) schema: Value,
    /// Whether an event without the attribute cannot be read.
    pub(crate) required: bool,
}

/// Returns the schema of the data, and those of the attributes.
pub(crate) fn split(
    descriptor: &EventDescriptor,
    contracts: Contracts,
) -> (DataSchema, Vec<AttributeSchema>) {
    let attributes = descriptor.fields.iter().map(|field| {
        let property = contracts
            .read
            .get("properties")
            .and_then(|all| all.get(field.property));
        let (schema, required) = match property {
            Some(property) => attribute(property, &contracts.read),
            None => (json!({}), true),
        };
        AttributeSchema {
            name: field.attribute,
            schema,
            required,
        }
    });
    let attributes = attributes.collect();
    let Contracts { read, written } = contracts;
    let data = DataSchema {
        read: without_attributes(descriptor, read),
        written: without_attributes(descriptor, written),
    };
    (data, attributes)
}

/// Returns the schema of an attribute without `null`, and whether `null` was not allowed.
fn attribute(property: &Value, root: &Value) -> (Value, bool) {
    let mut schema = resolve(property, root).clone();
    let mut required = true;
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
        let null = json!({ "type": "null" });
        if any.len() == 2 && any.contains(&null) {
            required = false;
            let other = any.iter().find(|each| **each != null);
            schema = other.map_or(json!({}), |other| resolve(other, root).clone());
        }
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        let all = types.len();
        types.retain(|ty| ty != "null");
        required = types.len() == all;
        if let [single] = types.as_slice() {
            schema["type"] = single.clone();
        }
    }
    if let Some(map) = schema.as_object_mut() {
        for annotation in ["default", "title", "examples", "$schema"] {
            map.remove(annotation);
        }
    }
    (schema, required)
}

/// Returns the schema of the data.
fn without_attributes(descriptor: &EventDescriptor, mut schema: Value) -> Value {
    let leaving = descriptor.fields.iter().filter(|field| !field.in_data);
    let leaving: Vec<&str> = leaving.map(|field| field.property).collect();
    if leaving.is_empty() {
        return schema;
    }
    let Some(map) = schema.as_object_mut() else {
        return schema;
    };
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.retain(|name, _| !leaving.contains(&name.as_str()));
        if properties.is_empty()
            && !map.contains_key("additionalProperties")
            && !map.contains_key("$ref")
        {
            return without_data(map);
        }
    }
    if let Some(Value::Array(required)) = map.get_mut("required") {
        required.retain(|name| !name.as_str().is_some_and(|name| leaving.contains(&name)));
        if required.is_empty() {
            map.remove("required");
        }
    }
    prune(&mut schema);
    schema
}

/// Returns the schema of an event without data.
fn without_data(schema: &Map<String, Value>) -> Value {
    let kept = ["$schema", "title", "description"];
    let mut rest = Map::new();
    for keyword in kept {
        if let Some(value) = schema.get(keyword) {
            rest.insert(keyword.to_owned(), value.clone());
        }
    }
    rest.insert("type".to_owned(), json!("null"));
    Value::Object(rest)
}
