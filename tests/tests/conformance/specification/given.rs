//! The input of a vector.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use eventkit::binding::http;
use eventkit::event::{Attribute, AttributeRef, BuildError, Timestamp, Uri, UriReference};
use eventkit::format::{Format, Json};
use eventkit::{DecodeError, Event};
use eventkit_tests::message;
use serde::Deserialize;

use super::described::Described;

/// The input: exactly one of these, and with HTTP headers optionally a body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    /// The text of a JSON event.
    json: Option<String>,
    /// Members of a JSON event in addition to the required attributes.
    json_with: Option<String>,
    /// The text of a JSON batch.
    batch: Option<String>,
    /// All headers of an HTTP message.
    http: Option<Vec<(String, String)>>,
    /// Headers of a binary message in addition to the required attributes.
    http_with: Option<Vec<(String, String)>>,
    body: Option<String>,
    body_base64: Option<String>,
    /// An event for the builder.
    event: Option<Described>,
    /// Events for the builder, which are sent together.
    events: Option<Vec<Described>>,
    /// The string of an attribute, and the type that it is parsed as.
    value: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Value {
    #[serde(rename = "type")]
    ty: String,
    text: String,
}

/// The outcome of a vector.
#[derive(Debug)]
pub(crate) enum Outcome {
    Events(Vec<Event>),
    Undecoded(DecodeError),
    Unbuilt(BuildError),
    /// The canonical string of a value.
    Text(String),
    /// A string that is not of the type.
    NoValue,
}

impl Given {
    /// Decodes or builds the input.
    pub(crate) fn outcome(&self) -> Outcome {
        if let Some(json) = &self.json {
            return one(decode_json(json));
        }
        if let Some(members) = &self.json_with {
            let json = message::json(members);
            return one(decode_json(std::str::from_utf8(&json).unwrap()));
        }
        if let Some(batch) = &self.batch {
            return many(Json.decode_batch(batch.clone().into()));
        }
        if let Some(headers) = self.headers() {
            let is_batch = headers.get("content-type").is_some_and(|value| {
                let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
                text.starts_with("application/cloudevents-batch")
            });
            return if is_batch {
                many(http::decode_batch(&headers, self.body()))
            } else {
                one(http::decode(&headers, self.body()))
            };
        }
        if let Some(value) = &self.value {
            return value.read().map_or(Outcome::NoValue, Outcome::Text);
        }
        let single = self.event.iter();
        let events = single.chain(self.events.iter().flatten());
        match events.map(Described::build).collect() {
            Ok(events) => Outcome::Events(events),
            Err(error) => Outcome::Unbuilt(error),
        }
    }

    fn headers(&self) -> Option<::http::HeaderMap> {
        if let Some(others) = &self.http_with {
            let others: Vec<(&str, &str)> = others.iter().map(|(n, v)| (&**n, &**v)).collect();
            return Some(message::headers(&others));
        }
        let headers = self.http.as_ref()?.iter().map(|(name, value)| {
            let name = ::http::HeaderName::from_bytes(name.as_bytes())
                .expect("the name should be a header name");
            let value = ::http::HeaderValue::from_bytes(value.as_bytes())
                .expect("the value should be a header value");
            (name, value)
        });
        let mut map = ::http::HeaderMap::new();
        headers.for_each(|(name, value)| {
            map.append(name, value);
        });
        Some(map)
    }

    fn body(&self) -> Bytes {
        match &self.body_base64 {
            Some(text) => BASE64_STANDARD.decode(text).expect("Base64").into(),
            None => self.body.clone().unwrap_or_default().into(),
        }
    }
}

/// Decodes a JSON event, and asserts that a structured message with it has the same outcome.
fn decode_json(json: &str) -> Result<Event, DecodeError> {
    let bytes = Bytes::copy_from_slice(json.as_bytes());
    let decoded = Json.decode(bytes.clone());
    let structured = http::decode(
        &message::content_type("application/cloudevents+json"),
        bytes,
    );
    assert_eq!(format!("{decoded:?}"), format!("{structured:?}"), "{json}");
    decoded
}

fn one(decoded: Result<Event, DecodeError>) -> Outcome {
    many(decoded.map(|event| vec![event]))
}

fn many(decoded: Result<Vec<Event>, DecodeError>) -> Outcome {
    decoded.map_or_else(Outcome::Undecoded, Outcome::Events)
}

impl Value {
    /// Parses the string as its type, and returns the canonical string of the value.
    fn read(&self) -> Option<String> {
        match self.ty.as_str() {
            "boolean" => canonical::<bool>(&self.text),
            "integer" => canonical::<i32>(&self.text),
            "string" => canonical::<String>(&self.text),
            "binary" => canonical::<Bytes>(&self.text),
            "uri" => canonical::<Uri>(&self.text),
            "urireference" => canonical::<UriReference>(&self.text),
            "timestamp" => canonical::<Timestamp>(&self.text),
            other => panic!("unknown type {other}"),
        }
    }
}

fn canonical<T: Attribute>(text: &str) -> Option<String> {
    let value = T::from_attribute(Some(AttributeRef::Text(text))).ok()?;
    value
        .to_attribute()
        .map(|value| value.to_text().into_owned())
}
