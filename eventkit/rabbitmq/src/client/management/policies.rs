//! The settings of policies, each of which is harmless or refused.

use eventkit::transport::TransportError;
use serde_json::{Map, Value};

use crate::client::queue::MAX_STATE_BYTES;

/// The settings of policies of RabbitMQ and of the plugins that come with it.
///
/// Those that [`expected`] does not refuse have no effect on quorum queues, streams or topic exchanges, or
/// withhold no events from a subscription. Dead lettering alone takes nothing out of a queue.
const KNOWN: &[&str] = &[
    "alternate-exchange",
    "consumer-timeout",
    "dead-letter-exchange",
    "dead-letter-routing-key",
    "dead-letter-strategy",
    "delivery-limit",
    "expires",
    "federation-upstream",
    "federation-upstream-pattern",
    "federation-upstream-set",
    "ha-mode",
    "ha-params",
    "ha-promote-on-failure",
    "ha-promote-on-shutdown",
    "ha-sync-batch-size",
    "ha-sync-mode",
    "initial-cluster-size",
    "max-age",
    "max-in-memory-bytes",
    "max-in-memory-length",
    "max-length",
    "max-length-bytes",
    "message-ttl",
    "overflow",
    "queue-leader-locator",
    "queue-master-locator",
    "queue-mode",
    "queue-version",
    "stream-filter-size-bytes",
    "stream-max-segment-size-bytes",
    "target-group-size",
];

/// The kind of queue or exchange that a policy applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The queue of a subscription.
    Subscription,
    /// A delay queue.
    Delay,
    /// The stream of the state.
    State,
    /// The exchange of the events.
    Events,
    /// An exchange to which nobody but services publishes.
    Services,
}

/// The result of a comparison.
#[derive(Debug, Clone)]
pub(crate) struct Findings {
    /// The objects with settings that are refused, and these settings.
    refused: Vec<String>,
    /// Warnings for operators.
    pub(crate) warnings: Vec<String>,
    /// Whether all settings were known.
    pub(crate) is_complete: bool,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            refused: Vec::new(),
            warnings: Vec::new(),
            is_complete: true,
        }
    }
}

impl Findings {
    /// Compares the settings of policies with those that the transport needs, and adds the settings that are
    /// refused, and a warning about those that are not known.
    pub(super) fn add(&mut self, kind: Kind, settings: &Map<String, Value>, what: &str) {
        let refused = settings.iter().filter_map(|(name, value)| {
            let expected = expected(kind, name, settings)?;
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            Some(format!("`{name}` is {value}, expected {expected}"))
        });
        let refused: Vec<String> = refused.collect();
        if !refused.is_empty() {
            self.refused.push(format!("{what}: {}", refused.join("; ")));
        }
        let unknown = settings.keys().filter(|name| !KNOWN.contains(&&***name));
        let unknown: Vec<String> = unknown.map(|name| format!("`{name}`")).collect();
        if !unknown.is_empty() {
            self.warnings.push(format!(
                "{what} has settings that this version of eventkit-rabbitmq does not know: {}; check that \
                 they delete or hide no events",
                unknown.join(", ")
            ));
        }
    }

    /// Returns an error that lists all settings that are refused, if there are any.
    pub(crate) fn result(&self) -> Result<(), TransportError> {
        if self.refused.is_empty() {
            return Ok(());
        }
        Err(TransportError::configuration(self.refused.join("; ")))
    }
}

/// Returns what a setting is expected to be; `None` if it may be as it is.
fn expected(kind: Kind, name: &str, settings: &Map<String, Value>) -> Option<String> {
    let rejects = settings.get("overflow").and_then(Value::as_str) == Some("reject-publish");
    let number = || settings.get(name).and_then(Value::as_i64);
    let text = match (name, kind) {
        ("message-ttl", Kind::Subscription) => "none, since it deletes unhandled events",
        ("message-ttl", Kind::Delay) => "none, since it shortens delays",
        ("expires", Kind::Subscription | Kind::Delay) => {
            "none, since it deletes the queue while no process is running"
        }
        ("max-length" | "max-length-bytes", Kind::Subscription) if !rejects => {
            "none, or `overflow` to be reject-publish, since unhandled events are deleted"
        }
        ("delivery-limit", Kind::Subscription) if number() != Some(-1) => {
            "none, or -1 from RabbitMQ 4.0 on, since the service decides when to stop redelivery"
        }
        // The broker prefers that of the policy to that of the queue.
        ("overflow", Kind::Delay) if !rejects => {
            "reject-publish, since messages that are passed on while the broker stops are lost"
        }
        ("max-age", Kind::State) => "none, since selections are forgotten",
        ("max-length-bytes", Kind::State) if number() < Some(MAX_STATE_BYTES) => {
            return Some(format!("none, or {MAX_STATE_BYTES} or more"));
        }
        ("alternate-exchange", Kind::Services) => {
            "none, since a dead letter or replay that it takes is not found again"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// Returns a warning if the broker deletes messages of the queue of a subscription by default.
pub(super) fn warn_of_default_limit(
    major_version: Option<u32>,
    settings: &Map<String, Value>,
    what: &str,
) -> Option<String> {
    let has_limit = major_version.is_some_and(|major| major >= 4);
    (has_limit && !settings.contains_key("delivery-limit")).then(|| {
        format!(
            "{what} has no policy with `delivery-limit` -1: RabbitMQ 4 deletes a message with which the \
             consumers of the queue crash 20 times"
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Kind::{Delay, Events, Services, State, Subscription};
    use super::*;

    fn check(kind: Kind, settings: &Map<String, Value>, what: &str) -> Findings {
        let mut findings = Findings::default();
        findings.add(kind, settings, what);
        findings
    }

    fn settings(value: &Value) -> &Map<String, Value> {
        value.as_object().unwrap()
    }

    #[test]
    fn settings_that_delete_or_forget_are_refused_with_both_values() {
        for (kind, found, expected) in [
            (
                Subscription,
                json!({ "message-ttl": 5 }),
                "`message-ttl` is 5, expected none",
            ),
            (Subscription, json!({ "expires": 5 }), "`expires` is 5"),
            (
                Subscription,
                json!({ "max-length": 5 }),
                "`max-length` is 5, expected none, or `overflow`",
            ),
            (
                Subscription,
                json!({ "max-length-bytes": 5, "overflow": "reject-publish-dlx" }),
                "`max-length-bytes` is 5",
            ),
            (
                Subscription,
                json!({ "delivery-limit": 5 }),
                "`delivery-limit` is 5",
            ),
            (Delay, json!({ "message-ttl": 5 }), "`message-ttl` is 5"),
            (Delay, json!({ "expires": 5 }), "`expires` is 5"),
            (
                Delay,
                json!({ "overflow": "drop-head" }),
                "`overflow` is drop-head, expected reject-publish",
            ),
            (State, json!({ "max-age": "1h" }), "`max-age` is 1h"),
            (
                State,
                json!({ "max-length-bytes": 5 }),
                "expected none, or 67108864 or more",
            ),
            (
                Services,
                json!({ "alternate-exchange": "x" }),
                "`alternate-exchange` is x",
            ),
        ] {
            let refused = check(kind, settings(&found), "the queue `q`");
            let error = refused.result().unwrap_err().to_string();
            assert!(error.starts_with("the queue `q`: "), "{error}");
            assert!(error.contains(expected), "{error}");
        }
        let both = json!({ "message-ttl": 5, "expires": 6 });
        let refused = check(Subscription, settings(&both), "q");
        let error = refused.result().unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("`message-ttl`") && text.contains("`expires`"),
            "{text}"
        );
    }

    #[test]
    fn settings_that_withhold_no_events_are_taken() {
        for (kind, found) in [
            (
                Subscription,
                json!({ "max-length": 5, "overflow": "reject-publish" }),
            ),
            (Subscription, json!({ "overflow": "drop-head" })),
            (
                Subscription,
                json!({ "delivery-limit": -1, "dead-letter-exchange": "x" }),
            ),
            (
                Delay,
                json!({ "max-length": 5, "delivery-limit": 5, "dead-letter-exchange": "x" }),
            ),
            (
                State,
                json!({ "max-length-bytes": 1_i64 << 30, "message-ttl": 5, "expires": 5 }),
            ),
            (
                Events,
                json!({ "alternate-exchange": "unrouted", "federation-upstream-set": "all" }),
            ),
        ] {
            let checked = check(kind, settings(&found), "q");
            checked.result().unwrap();
            assert!(checked.warnings.is_empty(), "{found}");
        }
    }

    #[test]
    fn unknown_settings_and_the_default_limit_are_warnings() {
        let found = json!({ "new-setting": 1, "queue-mode": "lazy" });
        let checked = check(Subscription, settings(&found), "the queue `q`");
        checked.result().unwrap();
        let [warning] = &*checked.warnings else {
            panic!("{checked:?}");
        };
        assert!(
            warning.contains("`new-setting`;") && !warning.contains("queue-mode"),
            "{warning}"
        );

        let limited = |major, found: Value| warn_of_default_limit(major, settings(&found), "q");
        assert!(limited(Some(3), json!({})).is_none());
        assert!(limited(Some(4), json!({})).is_some());
        assert!(limited(Some(4), json!({ "delivery-limit": -1 })).is_none());
    }
}
