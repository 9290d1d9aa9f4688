//! Messages, and the trait of all CloudEvents.

use serde_json::{Map, Value, json};

use super::components::Components;

use crate::event_type::{AttributeValue, EventType};
use crate::keys::pointer;

/// The key of the trait.
pub(super) const TRAIT: &str = "cloudevents";

/// Returns the trait with the attributes of CloudEvents 1.0.
pub(super) fn cloudevents_trait() -> Value {
    json!({
        "name": "CloudEvents 1.0",
        "description": "The context attributes of a CloudEvent in binary content mode, without the prefix \
            that a protocol binding adds to their names, such as `ce-`.",
        "externalDocs": { "url": "https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md" },
        "headers": {
            "type": "object",
            "required": ["specversion", "id", "source", "type"],
            "properties": {
                "specversion": { "type": "string", "const": "1.0" },
                "id": { "type": "string", "minLength": 1 },
                "source": { "type": "string", "format": "uri-reference", "minLength": 1 },
                "type": { "type": "string", "minLength": 1 },
                "subject": { "type": "string", "minLength": 1 },
                "time": { "type": "string", "format": "date-time" },
                "dataschema": { "type": "string", "format": "uri", "minLength": 1 },
            },
        },
    })
}

/// Returns the message of an event type.
pub(super) fn message(event: &EventType, key: &str, components: &mut Components) -> Value {
    let mut message = json!({
        "name": event.ty,
        "title": title(event),
        "traits": [{ "$ref": pointer(&["components", "messageTraits", TRAIT]) }],
        "headers": headers(event),
    });
    if let Some(description) = &event.description {
        message["description"] = json!(description);
    }
    if let Some(content_type) = event.data_content_type {
        message["contentType"] = json!(content_type);
    }
    if let Some(schema) = &event.schema {
        message["payload"] = components.add(key, &schema.read);
    }
    if let Some(Value::Object(mut example)) = event.example() {
        let data = example.remove("data");
        example.remove("datacontenttype");
        let payload = data.unwrap_or(Value::Null);
        message["examples"] = json!([{ "headers": example, "payload": payload }]);
    }
    message
}

/// Returns the name of the Rust type without its path, or the event type.
fn title(event: &EventType) -> &str {
    let schema = event
        .schema
        .as_ref()
        .and_then(|schema| schema.read.get("title")?.as_str());
    schema.unwrap_or(&event.ty)
}

/// Returns the schema of the attributes that the events of a type declare.
fn headers(event: &EventType) -> Value {
    let mut required = vec!["specversion", "id", "source", "type"];
    let mut properties = Map::new();
    properties.insert(
        "type".to_owned(),
        json!({ "type": "string", "const": event.ty }),
    );
    if let Some(uri) = event.data_schema {
        properties.insert(
            "dataschema".to_owned(),
            json!({ "type": "string", "const": uri }),
        );
        required.push("dataschema");
    }
    for attribute in &event.attributes {
        let (schema, is_required) = match &attribute.value {
            AttributeValue::Fixed(value) => (json!({ "const": value }), true),
            AttributeValue::Field { schema, required } => (schema.clone(), *required),
            AttributeValue::Computed => (json!({}), false),
        };
        properties.insert(attribute.name.to_owned(), schema);
        if is_required && !required.contains(&attribute.name) {
            required.push(attribute.name);
        }
    }
    json!({ "type": "object", "required": required, "properties": properties })
}
