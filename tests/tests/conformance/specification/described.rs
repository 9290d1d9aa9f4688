//! Events in the form of vectors: a map of attributes, and `data`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use eventkit::event::{AttributeValue, BuildError, Data, DataKind, Uri, UriReference};
use eventkit::{Event, EventBuilder};
use eventkit_tests::attributes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The attributes of an event. The four required ones have the defaults of `message::minimal`;
/// `null` removes one.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Described(Map<String, Value>);

/// The data of an event: a JSON value, the exact JSON text, text, or Base64.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Payload {
    Json(Value),
    JsonText(String),
    Text(String),
    Base64(String),
}

/// Returns a map with the required attributes, overridden by others.
pub(crate) fn with_required(others: &Map<String, Value>) -> Map<String, Value> {
    let required = json!({"specversion": "1.0", "id": "1", "source": "/s", "type": "t"});
    let mut all: Map<String, Value> = serde_json::from_value(required).unwrap();
    all.extend(others.clone());
    all.retain(|_, value| *value != Value::Null);
    all
}

impl Described {
    /// Builds the event.
    pub(crate) fn build(&self) -> Result<Event, BuildError> {
        let mut event = Event::builder().without_time();
        for (name, value) in with_required(&self.0) {
            event = match (name.as_str(), value) {
                ("specversion", _) => event,
                ("data", value) => data(event, value),
                ("id", Value::String(text)) => event.id(text),
                ("source", Value::String(text)) => event.source(text),
                ("type", Value::String(text)) => event.ty(text),
                ("subject", Value::String(text)) => event.subject(text),
                ("time", Value::String(text)) => event.time(parse_time(&text)),
                ("datacontenttype", Value::String(text)) => event.data_content_type(text),
                ("dataschema", Value::String(text)) => event.data_schema(text),
                (_, value) => event.extension(&name, attribute(&value)),
            };
        }
        event.build()
    }

    /// Returns an error if an event differs from the description.
    pub(crate) fn compare(&self, event: &Event) -> Result<(), String> {
        let mut expected = with_required(&self.0);
        let payload = expected.remove("data");
        let found = attributes::of(event);
        if found != expected {
            let [found, expected] = [found, expected].map(Value::Object);
            return Err(format!("the attributes are {found}, expected {expected}"));
        }
        let payload = payload.map(|value| serde_json::from_value(value).unwrap());
        if holds(event.data(), payload.as_ref()) {
            Ok(())
        } else {
            Err(format!(
                "the data is {:?}, expected {payload:?}",
                event.data()
            ))
        }
    }
}

fn data(event: EventBuilder, payload: Value) -> EventBuilder {
    match serde_json::from_value(payload).unwrap() {
        Payload::Json(value) => event.data_json(&value).unwrap(),
        Payload::JsonText(text) => event.data(Data::json(text).unwrap()),
        Payload::Text(text) => event.data_text(text),
        Payload::Base64(text) => event.data_bytes(BASE64_STANDARD.decode(text).unwrap()),
    }
}

fn holds(found: Option<&Data>, expected: Option<&Payload>) -> bool {
    let (found, expected) = match (found, expected) {
        (None, None) => return true,
        (Some(found), Some(expected)) => (found, expected),
        _ => return false,
    };
    let bytes = found.as_bytes();
    match (found.kind(), expected) {
        (DataKind::Json, Payload::Json(value)) => {
            serde_json::from_slice::<Value>(bytes).unwrap() == *value
        }
        (DataKind::Json, Payload::JsonText(text)) | (DataKind::Text, Payload::Text(text)) => {
            bytes == text.as_bytes()
        }
        (DataKind::Binary, Payload::Base64(text)) => BASE64_STANDARD.encode(bytes) == *text,
        _ => false,
    }
}

/// Parses the value of an extension: native if JSON has the type, and otherwise in the form of
/// `{timestamp: ..}`.
fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Bool(flag) => AttributeValue::Boolean(*flag),
        Value::Number(number) => {
            AttributeValue::Integer(number.as_i64().unwrap().try_into().unwrap())
        }
        Value::String(text) => AttributeValue::String(text.clone()),
        Value::Object(typed) => {
            let (name, value) = typed
                .iter()
                .next()
                .expect("a typed value should have a type and a value");
            let text = value.as_str().expect("a typed value should be a string");
            match name.as_str() {
                "timestamp" => AttributeValue::Timestamp(parse_time(text)),
                "uri" => AttributeValue::Uri(Uri::new(text).unwrap()),
                "urireference" => AttributeValue::UriReference(UriReference::new(text).unwrap()),
                "binary" => AttributeValue::Binary(BASE64_STANDARD.decode(text).unwrap().into()),
                other => panic!("unknown type {other}"),
            }
        }
        other => panic!("{other} is not an attribute value"),
    }
}

fn parse_time(text: &str) -> eventkit::event::Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}
