//! Changes of attributes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::compare::{self, Difference};
use super::mode::Direction;
use super::normal;
use crate::event_type::AttributeValue;

/// An attribute in a lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LockedAttribute {
    /// All events have this value.
    Fixed(Value),
    /// A field sets it, and events without it can be read.
    Optional(Value),
    /// A field sets it, and events without it cannot be read.
    Required(Value),
    /// A function computes it.
    Computed,
}

impl LockedAttribute {
    pub(super) fn of(value: &AttributeValue) -> Self {
        match value {
            AttributeValue::Fixed(value) => Self::Fixed(value.clone()),
            AttributeValue::Field {
                schema,
                required: true,
            } => Self::Required(normal::normalized(schema)),
            AttributeValue::Field { schema, .. } => Self::Optional(normal::normalized(schema)),
            AttributeValue::Computed => Self::Computed,
        }
    }

    pub(super) fn into_value(self) -> Value {
        // The variants contain values of JSON, which can be serialized.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Reads an attribute of a lock.
    pub(super) fn parse(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }

    /// Returns the schema of the values that senders write.
    fn written(&self) -> Option<Value> {
        match self {
            Self::Fixed(value) => Some(json!({ "const": value })),
            Self::Optional(schema) | Self::Required(schema) => Some(schema.clone()),
            Self::Computed => None,
        }
    }

    /// Returns the schema of the values that readers accept.
    fn read(&self) -> Option<&Value> {
        match self {
            Self::Optional(schema) | Self::Required(schema) => Some(schema),
            Self::Fixed(_) | Self::Computed => None,
        }
    }

    /// Returns whether each event has the attribute.
    fn is_always_written(&self) -> bool {
        matches!(self, Self::Fixed(_) | Self::Required(_))
    }
}

/// Returns the attributes that break readers.
///
/// Readers also select and compare events by attributes, so old readers must find those that they know.
pub(super) fn compare(
    writer: &Map<String, Value>,
    reader: &Map<String, Value>,
    direction: Direction,
) -> Vec<Difference> {
    let names: BTreeSet<&String> = writer.keys().chain(reader.keys()).collect();
    let mut differences = Vec::new();
    for name in names {
        let [written, read] = [writer, reader].map(|all| all.get(name));
        let path = format!("attributes.{name}");
        let [old, new] = [written, read].map(|value| value.and_then(LockedAttribute::parse));
        // Every event has an id and a source.
        let is_always_set = matches!(name.as_str(), "id" | "source");
        match problem(old.as_ref(), new.as_ref(), direction)
            .filter(|_| !is_always_set || written.is_some())
        {
            Some(message) => differences.push(Difference {
                path,
                message: message.to_owned(),
                written: written.cloned(),
                read: read.cloned(),
            }),
            None => differences.extend(schemas(&path, old.as_ref(), new.as_ref())),
        }
    }
    differences
}

fn schemas(
    path: &str,
    written: Option<&LockedAttribute>,
    read: Option<&LockedAttribute>,
) -> Vec<Difference> {
    let schemas = written
        .and_then(LockedAttribute::written)
        .zip(read.and_then(LockedAttribute::read));
    let found = schemas.map(|(written, read)| compare::compare_at(path, &written, read));
    found.unwrap_or_default()
}

/// Returns why the attribute breaks readers, apart from its schema.
fn problem(
    written: Option<&LockedAttribute>,
    read: Option<&LockedAttribute>,
    direction: Direction,
) -> Option<&'static str> {
    use LockedAttribute::{Computed, Fixed, Optional, Required};
    let is_forward = direction == Direction::Forward;
    match (written, read) {
        (None | Some(Optional(_) | Computed), Some(Required(_))) => {
            Some("readers require the attribute, but senders need not set it")
        }
        (None | Some(Optional(_)), Some(Fixed(_) | Computed)) if is_forward => {
            Some("old events have the attribute, but new ones need not have it")
        }
        (Some(Fixed(written)), Some(Fixed(read))) if is_forward && written != read => {
            Some("the value changed, by which old readers may select events")
        }
        (Some(Required(_) | Computed), Some(Fixed(_))) if is_forward => {
            Some("the value was fixed, and old readers may select events by it")
        }
        (None, Some(read)) if is_forward && read.is_always_written() => {
            Some("the attribute was removed")
        }
        _ => None,
    }
}
