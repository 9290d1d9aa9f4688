//! Dead letters as JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use eventkit::format::{Format, Json};
use eventkit_service::DeadLetter;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::failure::Failure;

/// A dead letter as JSON. It has an `event`, a `message`, or neither if the message was too large.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    /// The durable name of the handler's subscription.
    handler: &'a str,
    error: &'a str,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
}

/// A message that is not an event.
#[derive(Debug, Serialize)]
struct Message<'a> {
    headers: &'a [(String, String)],
    /// The body, if it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(letter: &'a DeadLetter) -> Result<Self, Failure> {
        let message = letter.message().map(|message| {
            let text = std::str::from_utf8(&message.body);
            Message {
                headers: &message.headers,
                body: text.ok(),
                body_base64: text.err().map(|_| STANDARD.encode(&message.body)),
            }
        });
        Ok(Self {
            handler: &letter.subscription,
            error: &letter.error,
            attempts: letter.attempts,
            first_failure: letter.first_failure.map(|time| time.to_string()),
            last_failure: letter.last_failure.map(|time| time.to_string()),
            position: letter.position(),
            event: letter.event().map(json).transpose()?,
            message,
        })
    }
}

fn json(event: &eventkit::Event) -> Result<Box<RawValue>, Failure> {
    let unencodable = |error: &dyn std::fmt::Display| {
        Failure::data(format!("failed to encode {event} as JSON: {error}"))
    };
    let json = Json.encode(event).map_err(|error| unencodable(&error))?;
    let json = String::from_utf8(json.into()).map_err(|error| unencodable(&error))?;
    RawValue::from_string(json).map_err(|error| unencodable(&error))
}
