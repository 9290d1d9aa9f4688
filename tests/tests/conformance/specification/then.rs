//! The expected outcome of a vector.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use eventkit::binding::http::{self, Message};
use eventkit::event::Violation;
use eventkit::format::Json;
use eventkit::{DecodeErrorKind, Event};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::described::{Described, with_required};
use super::given::{Given, Outcome};

/// The expected outcome: at least one of these, all of which must hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Then {
    /// The only event.
    event: Option<Described>,
    /// All events.
    events: Option<Vec<Described>>,
    /// The reason for the refusal.
    refused: Option<Refused>,
    /// The members of the event in the JSON format.
    json: Option<Map<String, Value>>,
    /// The message of the event in binary mode.
    binary: Option<Binary>,
    /// The message of the events in batched mode.
    batched: Option<Vec<Map<String, Value>>>,
    /// The canonical string of a value.
    text: Option<String>,
}

/// The kind of error, or the invalid attributes with the section of each.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Refused {
    Kind(String),
    Attributes(BTreeMap<String, String>),
}

/// The headers in addition to the required attributes, and the body.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Binary {
    headers: Map<String, Value>,
    body: String,
    body_base64: Option<String>,
}

type Check = Result<(), String>;

impl Then {
    /// Returns an error if the outcome differs from the expected one.
    pub(crate) fn check(&self, given: &Given) -> Check {
        match (given.outcome(), &self.refused) {
            (Outcome::Events(events), None) => self.check_events(&events),
            (Outcome::Text(text), None) => equal("the value", &Some(text), &self.text),
            (outcome, Some(refused)) => refused.check(&outcome),
            (outcome, None) => Err(format!("unexpected refusal: {outcome:?}")),
        }
    }

    fn check_events(&self, events: &[Event]) -> Check {
        let mut checked = 0;
        if let Some(expected) = &self.events {
            checked += 1;
            equal("the number of events", &events.len(), &expected.len())?;
            let mut pairs = expected.iter().zip(events);
            pairs.try_for_each(|(expected, event)| expected.compare(event))?;
        }
        if let Some(expected) = &self.batched {
            checked += 1;
            let message = http::encode_batch(events, &Json).map_err(|error| error.to_string())?;
            let bodies: Vec<Value> = expected
                .iter()
                .map(with_required)
                .map(Value::Object)
                .collect();
            in_body(
                &message,
                "application/cloudevents-batch+json",
                &Value::Array(bodies),
            )?;
        }
        let single = [
            self.event.is_some(),
            self.json.is_some(),
            self.binary.is_some(),
        ];
        if single.contains(&true) {
            checked += 1;
            let [event] = events else {
                return Err(format!("{} events, expected one", events.len()));
            };
            self.check_event(event)?;
        }
        if checked == 0 {
            return Err("the vector has no expectation for events".to_owned());
        }
        Ok(())
    }

    fn check_event(&self, event: &Event) -> Check {
        if let Some(expected) = &self.event {
            expected.compare(event)?;
        }
        if let Some(expected) = &self.json {
            let message = http::encode_structured(event, &Json);
            let message = message.map_err(|error| error.to_string())?;
            let body = Value::Object(with_required_or_null(expected));
            in_body(&message, "application/cloudevents+json", &body)?;
        }
        if let Some(expected) = &self.binary {
            expected.check(event)?;
        }
        Ok(())
    }
}

/// Adds the required members, and keeps a `data` of `null`.
fn with_required_or_null(expected: &Map<String, Value>) -> Map<String, Value> {
    let mut members = with_required(expected);
    if expected.get("data") == Some(&Value::Null) {
        members.insert("data".to_owned(), Value::Null);
    }
    members
}

/// Checks a message with one header and a JSON body.
fn in_body(message: &Message, content_type: &str, expected: &Value) -> Check {
    let headers = headers(message);
    equal(
        "the headers",
        &headers,
        &json!({ "content-type": content_type }),
    )?;
    let text = std::str::from_utf8(&message.body).map_err(|error| error.to_string())?;
    let found: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    equal("the body", &found, expected)
}

fn headers(message: &Message) -> Value {
    let headers = message.headers.iter().map(|(name, value)| {
        let value = value.to_str().expect("headers should be printable ASCII");
        (name.as_str().to_owned(), value.into())
    });
    Value::Object(headers.collect())
}

impl Binary {
    fn check(&self, event: &Event) -> Check {
        let message = http::encode_binary(event).map_err(|error| error.to_string())?;
        let required = json!({
            "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"
        });
        let mut expected: Map<String, Value> = serde_json::from_value(required).unwrap();
        expected.extend(self.headers.clone());
        equal("the headers", &headers(&message), &Value::Object(expected))?;
        match &self.body_base64 {
            Some(text) => equal("the body", &BASE64_STANDARD.encode(&message.body), text),
            None => equal(
                "the body",
                &String::from_utf8_lossy(&message.body),
                &(&*self.body).into(),
            ),
        }
    }
}

impl Refused {
    fn check(&self, outcome: &Outcome) -> Check {
        let (kind, violations) = match outcome {
            Outcome::Undecoded(error) => (name(error.kind()), error.violations()),
            Outcome::Unbuilt(error) => ("invalid", error.violations()),
            Outcome::NoValue => ("value", &[][..]),
            Outcome::Events(_) | Outcome::Text(_) => {
                return Err(format!("expected a refusal, found {outcome:?}"));
            }
        };
        match self {
            Self::Kind(expected) => equal("the kind of error", &kind, &expected.as_str()),
            Self::Attributes(expected) => {
                equal("the sort of mistake", &kind, &"invalid")?;
                equal("the violations", &sections(violations), expected)
            }
        }
    }
}

fn sections(violations: &[Violation]) -> BTreeMap<String, String> {
    let sections = violations.iter().map(|violation| {
        (
            violation.attribute().to_owned(),
            violation.section().to_owned(),
        )
    });
    sections.collect()
}

fn name(kind: DecodeErrorKind) -> &'static str {
    match kind {
        DecodeErrorKind::Malformed => "malformed",
        DecodeErrorKind::NotAnEvent => "not an event",
        DecodeErrorKind::SpecVersion => "specversion",
        DecodeErrorKind::Invalid => "invalid",
        DecodeErrorKind::UnsupportedMediaType => "unsupported media type",
        _ => "another",
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Check {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: {found:?}, expected {expected:?}"))
    }
}
