//! The attributes of an event as JSON, to compare all of them at once.

use eventkit::Event;
use eventkit::event::AttributeValue;
use serde_json::{Map, Value};

/// Returns all attributes that are set by name: as native values if JSON has the type, and
/// otherwise as canonical strings.
#[must_use]
pub fn of(event: &Event) -> Map<String, Value> {
    let time = event.time().map(|time| time.to_string());
    let core = [
        ("specversion", Some(event.spec_version())),
        ("id", Some(event.id())),
        ("source", Some(event.source())),
        ("type", Some(event.ty())),
        ("subject", event.subject()),
        ("time", time.as_deref()),
        ("datacontenttype", event.data_content_type()),
        ("dataschema", event.data_schema()),
    ];
    let core = core
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
    let extensions = event.extensions().iter().map(|(name, value)| {
        let value = match value {
            AttributeValue::Boolean(flag) => Value::Bool(*flag),
            AttributeValue::Integer(number) => Value::from(*number),
            other => Value::from(other.to_text()),
        };
        (name.to_owned(), value)
    });
    core.chain(extensions).collect()
}
