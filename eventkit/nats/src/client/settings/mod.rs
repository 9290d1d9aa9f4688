//! The settings on the server, each of which is required, harmless or refused.

mod consumer;
mod mismatch;
mod stream;

use std::time::Duration;

use serde_json::{Map, Value};

pub(super) use self::consumer::ConsumerSettings;
pub(super) use self::mismatch::ConfigMismatch;
pub(super) use self::stream::{EventSubjects, StreamSettings};

/// The settings of a stream or a consumer, as received from the server.
///
/// They are not parsed into a struct, so that settings which this version does not know are
/// noticed, and preserved by an update.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings<'a>(Option<&'a Map<String, Value>>);

impl<'a> Settings<'a> {
    pub(super) fn new(config: &'a Value) -> Self {
        Self(config.as_object())
    }

    fn get(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name)
    }

    /// Returns an integer; 0 if the setting is absent.
    pub(super) fn int(self, name: &str) -> i64 {
        self.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    /// Returns whether a setting is enabled.
    pub(super) fn flag(self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// Returns a text; empty if the setting is absent.
    pub(super) fn text(self, name: &str) -> &'a str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns a list of texts; empty if the setting is absent.
    pub(super) fn texts(self, name: &str) -> Vec<String> {
        let list = self.get(name).and_then(Value::as_array);
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// Returns a time span, which the server sends in nanoseconds.
    pub(super) fn duration(self, name: &str) -> Duration {
        Duration::from_nanos(self.int(name).try_into().unwrap_or_default())
    }

    /// Returns whether a setting has a value other than the default.
    pub(super) fn is_set(self, name: &str) -> bool {
        self.get(name).is_some_and(|value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Bool(true) => true,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::Object(map) => !map.is_empty(),
        })
    }

    /// Returns a warning about the settings that are on none of the lists, if there are any.
    fn warn_of_unknown(self, what: &str, lists: [&[&str]; 2]) -> Option<String> {
        let is_known = |name: &str| lists.iter().any(|list| list.contains(&name));
        let names = self.0.into_iter().flat_map(Map::keys);
        let unknown = names.filter(|name| !is_known(name) && self.is_set(name));
        let unknown: Vec<String> = unknown.map(|name| format!("`{name}`")).collect();
        (!unknown.is_empty()).then(|| {
            format!(
                "{what} has settings that this version of eventkit-nats does not know: {}; check that \
                 they delete or hide no events",
                unknown.join(", ")
            )
        })
    }
}

/// Converts a time span to nanoseconds, the unit of the server.
pub(super) fn nanos(duration: Duration) -> i64 {
    duration.as_nanos().try_into().unwrap_or(i64::MAX)
}
