//! Records of Kafka as JSON, for exchanging them with a peer.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use eventkit::binding::kafka;
use eventkit::format::Json;
use eventkit::{DecodeError, Event};
use serde::{Deserialize, Serialize};

use super::cell::Mode;

/// A record, with bytes in Base64.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    headers: Vec<(String, String)>,
    key: Option<String>,
    value: Option<String>,
}

impl Record {
    /// Encodes an event in a content mode.
    pub(crate) fn of(event: &Event, mode: Mode) -> Self {
        let message = if mode == Mode::KafkaBinary {
            kafka::encode_binary(event)
        } else {
            kafka::encode_structured(event, &Json)
        };
        let kafka::Message { headers, value } = message.unwrap();
        let headers = headers.into_iter();
        Self {
            headers: headers
                .map(|(name, value)| (name.into_owned(), BASE64_STANDARD.encode(value)))
                .collect(),
            key: kafka::record_key(event).map(|key| BASE64_STANDARD.encode(key.as_bytes())),
            value: value.map(|value| BASE64_STANDARD.encode(value)),
        }
    }

    /// Decodes the event, with its key.
    pub(crate) fn event(self) -> Result<Event, DecodeError> {
        let bytes = |text: String| BASE64_STANDARD.decode(text).expect("Base64");
        let headers = self.headers.into_iter();
        let headers: Vec<_> = headers.map(|(name, value)| (name, bytes(value))).collect();
        let value = self.value.map(|value| bytes(value).into());
        let event = kafka::decode(&headers, value)?;
        let key = self.key.map(bytes).unwrap_or_default();
        Ok(kafka::with_record_key(event, &key)?)
    }
}
