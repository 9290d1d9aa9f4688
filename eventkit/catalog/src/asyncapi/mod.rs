//! AsyncAPI documents.

mod components;
mod message;
mod operations;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use self::components::Components;
use crate::catalog::Catalog;
use crate::keys::{self, Keys, pointer};

/// The version of AsyncAPI.
const VERSION: &str = "3.1.0";

/// Returns the document.
pub(crate) fn document(catalog: &Catalog) -> Value {
    let keys = Keys::new(catalog);
    let mut components = Components::default();
    let mut channels = Map::new();
    let mut messages = Map::new();
    for event in catalog.events() {
        let key = keys.event(&event.ty);
        messages.insert(
            key.to_owned(),
            message::message(event, key, &mut components),
        );
        let reference = pointer(&["components", "messages", key]);
        let channel = json!({
            "address": event.ty,
            "messages": { key: { "$ref": reference } },
        });
        channels.insert(key.to_owned(), channel);
    }
    let mut document = json!({
        "asyncapi": VERSION,
        "info": info(catalog),
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations::operations(catalog, &keys),
        "components": {
            "messages": messages,
            "messageTraits": { message::TRAIT: message::cloudevents_trait() },
            "schemas": components.into_schemas(),
        },
    });
    let servers = servers(catalog);
    if !servers.is_empty() {
        document["servers"] = Value::Object(servers);
    }
    document
}

fn info(catalog: &Catalog) -> Value {
    let info = catalog.info();
    let mut object = json!({ "title": info.title, "version": info.version });
    if let Some(description) = &info.description {
        object["description"] = json!(description);
    }
    object
}

fn servers(catalog: &Catalog) -> Map<String, Value> {
    let mut servers = Map::new();
    let mut used = BTreeSet::new();
    for server in &catalog.info().servers {
        let mut object = json!({ "host": server.host, "protocol": server.protocol });
        if let Some(description) = &server.description {
            object["description"] = json!(description);
        }
        let key = keys::unique(&keys::sanitized(&server.name), &mut used);
        servers.insert(key, object);
    }
    servers
}

/// Returns a document as YAML.
#[cfg(feature = "yaml")]
pub(crate) fn yaml(document: &Value) -> String {
    // Values of JSON have a form in YAML, and a string cannot fail to be written.
    serde_yaml_ng::to_string(document).unwrap_or_default()
}
