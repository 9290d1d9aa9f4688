//! An event as JSON, for exchanging expectations and results with peers.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, FixedOffset};
use eventkit::Event;
use eventkit::event::{Data, DataKind};
use eventkit_tests::attributes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::cell::Mode;

/// The maximum length of a wrong value in a difference, in characters.
const SHOWN: usize = 60;

/// The attributes by name, native if JSON has the type, and the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    attributes: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Payload>,
}

/// Data as a program sees it. Text is a JSON string, regardless of its content type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Payload {
    Json(Value),
    Base64(String),
}

impl Description {
    /// Describes an event.
    pub(crate) fn of(event: &Event) -> Self {
        Self {
            attributes: attributes::of(event),
            data: event.data().map(Payload::of),
        }
    }

    /// Describes the expected result of an event in a mode. Headers only contain strings.
    pub(crate) fn expected(event: &Event, mode: Mode) -> Self {
        let mut expected = Self::of(event);
        if mode.has_headers() {
            for value in expected.attributes.values_mut() {
                if !value.is_string() {
                    *value = Value::String(value.to_string());
                }
            }
        }
        expected
    }

    /// Returns the differences between the found and the expected attributes and data.
    pub(crate) fn differences(&self, found: &Self) -> Vec<String> {
        let mut names: Vec<&String> = self.attributes.keys().collect();
        names.extend(found.attributes.keys());
        names.sort_unstable();
        names.dedup();
        let attributes = names.into_iter().filter_map(|name| {
            let [expected, found] = [self, found].map(|event| event.attributes.get(name));
            if expected == found || (name == "time" && is_same_time(expected, found)) {
                return None;
            }
            Some(match (name.as_str(), expected, found) {
                // A time that a peer generates differs each time.
                ("time", None, Some(_)) => "time is set, expected none".to_owned(),
                _ => format!("{name} is {}, expected {}", show(found), show(expected)),
            })
        });
        let mut differences: Vec<String> = attributes.collect();
        if self.data != found.data {
            let [expected, found] = [self, found].map(|event| match &event.data {
                None => "none".to_owned(),
                Some(Payload::Json(value)) => show(Some(value)),
                Some(Payload::Base64(text)) => format!("the bytes {}", shorten(text)),
            });
            differences.push(format!("data is {found}, expected {expected}"));
        }
        differences
    }
}

impl Payload {
    fn of(data: &Data) -> Self {
        match data.kind() {
            DataKind::Json => Self::Json(serde_json::from_slice(data.as_bytes()).unwrap()),
            DataKind::Text => Self::Json(data.as_str().unwrap().into()),
            DataKind::Binary => Self::Base64(BASE64_STANDARD.encode(data.as_bytes())),
        }
    }
}

/// Returns whether instant and offset are equal. `Z` equals `+00:00`.
fn is_same_time(expected: Option<&Value>, found: Option<&Value>) -> bool {
    let parse = |value: Option<&Value>| -> Option<DateTime<FixedOffset>> {
        DateTime::parse_from_rfc3339(value?.as_str()?).ok()
    };
    match (parse(expected), parse(found)) {
        (Some(expected), Some(found)) => expected == found && expected.offset() == found.offset(),
        _ => false,
    }
}

fn show(value: Option<&Value>) -> String {
    value.map_or("none".to_owned(), |value| shorten(&value.to_string()))
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}… ({} bytes)", &text[..cut], text.len()),
        None => text.to_owned(),
    }
}
