//! The schemas of a document.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::keys::{self, pointer, sanitized};
use crate::schema::{definition_name, map_subschemas};

/// The schemas of all messages, which share one namespace.
#[derive(Debug, Default)]
pub(super) struct Components {
    schemas: Map<String, Value>,
}

impl Components {
    /// Adds a schema with its definitions, and returns a reference to it.
    pub(super) fn add(&mut self, key: &str, schema: &Value) -> Value {
        let definitions = schema.get("definitions").and_then(Value::as_object);
        let definitions: Vec<(&String, &Value)> = definitions.into_iter().flatten().collect();
        let mut reserved: BTreeSet<String> = self.schemas.keys().cloned().collect();
        let root = keys::unique(&sanitized(key), &mut reserved);
        let names = self.names(key, &root, &definitions);
        let mut root_schema = schema.clone();
        if let Some(map) = root_schema.as_object_mut() {
            map.remove("definitions");
            map.remove("$schema");
        }
        self.schemas
            .insert(root.clone(), renamed(&root_schema, &root, &names));
        for ((_, definition), (_, name)) in definitions.iter().zip(&names) {
            self.schemas
                .insert(name.clone(), renamed(definition, &root, &names));
        }
        json!({ "$ref": reference(&root) })
    }

    /// Returns the old and new names of definitions. Types of the same name that differ get the name of
    /// their event in addition.
    fn names(
        &self,
        key: &str,
        root: &str,
        definitions: &[(&String, &Value)],
    ) -> Vec<(String, String)> {
        let plain = |name: &String| (name.clone(), sanitized(name));
        let plain: Vec<(String, String)> =
            definitions.iter().map(|(name, _)| plain(name)).collect();
        let agree = definitions
            .iter()
            .zip(&plain)
            .all(|((_, definition), (_, name))| {
                let same = |known: &Value| *known == renamed(definition, root, &plain);
                name != root && self.schemas.get(name).is_none_or(same)
            });
        let distinct: BTreeSet<&String> = plain.iter().map(|(_, name)| name).collect();
        if agree && distinct.len() == plain.len() {
            return plain;
        }
        let mut used: BTreeSet<String> = self.schemas.keys().cloned().collect();
        used.insert(root.to_owned());
        let own = definitions.iter().map(|(name, _)| {
            let own = sanitized(&format!("{key}.{name}"));
            ((*name).clone(), keys::unique(&own, &mut used))
        });
        own.collect()
    }

    pub(super) fn into_schemas(self) -> Map<String, Value> {
        self.schemas
    }
}

fn reference(name: &str) -> String {
    pointer(&["components", "schemas", name])
}

/// Returns a schema whose references lead to the components.
fn renamed(schema: &Value, root: &str, names: &[(String, String)]) -> Value {
    let Value::Object(map) = schema else {
        return schema.clone();
    };
    let mut map = map_subschemas(map, &mut |each, _| renamed(each, root, names));
    if let Some(Value::String(target)) = map.get_mut("$ref") {
        if target == "#" {
            *target = reference(root);
        } else if let Some(name) = definition_name(target)
            && let Some((_, new)) = names.iter().find(|(old, _)| *old == name)
        {
            *target = reference(new);
        }
    }
    Value::Object(map)
}
