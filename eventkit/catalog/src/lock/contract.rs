//! The contract of an event type.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::attributes::{self, LockedAttribute};
use super::change::Change;
use super::compare::{self, Difference};
use super::mode::{Direction, Mode};
use super::normal;
use crate::event_type::EventType;

/// The attributes and the data of an event type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contract {
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) attributes: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    datacontenttype: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dataschema: Option<String>,
    /// The schema of what readers accept.
    data: Value,
    /// The schema of what senders write, if it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written: Option<Value>,
}

impl Contract {
    /// Returns the contract of an event type with a schema.
    pub(super) fn of(event: &EventType) -> Option<Self> {
        let schema = event.schema.as_ref()?;
        let data = normal::normalized(&schema.read);
        let written = normal::normalized(&schema.written);
        let locked = event.attributes.iter().map(|attribute| {
            let locked = LockedAttribute::of(&attribute.value);
            (attribute.name.to_owned(), locked.into_value())
        });
        Some(Self {
            attributes: locked.collect(),
            datacontenttype: event.data_content_type.map(str::to_owned),
            dataschema: event.data_schema.map(str::to_owned),
            written: (written != data).then_some(written),
            data,
        })
    }

    /// Returns this contract in normal form.
    pub(super) fn normalized(mut self) -> Self {
        self.data = normal::normalized(&self.data);
        self.written = self.written.map(|written| normal::normalized(&written));
        self
    }

    fn written(&self) -> &Value {
        self.written.as_ref().unwrap_or(&self.data)
    }
}

/// Returns the incompatible changes of an event type.
pub(super) fn changes(ty: &str, old: &Contract, new: &Contract, mode: Mode) -> Vec<Change> {
    let mut changes = Vec::new();
    // What did not change breaks nothing, even where a comparison would give up.
    if old == new {
        return changes;
    }
    for direction in [Direction::Backward, Direction::Forward] {
        if !mode.covers(direction) {
            continue;
        }
        let (writer, reader) = match direction {
            Direction::Backward => (old, new),
            Direction::Forward => (new, old),
        };
        let mut found = attributes::compare(&writer.attributes, &reader.attributes, direction);
        found.extend(content_type(writer, reader));
        found.extend(compare::compare(writer.written(), &reader.data));
        changes.extend(
            found
                .into_iter()
                .map(|difference| difference.into_change(ty, direction)),
        );
    }
    changes
}

/// Returns the change of the media type, with which readers choose how to decode the data.
fn content_type(writer: &Contract, reader: &Contract) -> Option<Difference> {
    let [written, read] = [writer, reader].map(|contract| contract.datacontenttype.as_deref());
    let is_same = match (written, read) {
        (Some(written), Some(read)) => written.eq_ignore_ascii_case(read),
        (written, read) => written == read,
    };
    let message = "the media type of the data changed";
    (!is_same).then(|| Difference {
        path: "attributes.datacontenttype".to_owned(),
        message: message.to_owned(),
        written: Some(json!(written)),
        read: Some(json!(read)),
    })
}
