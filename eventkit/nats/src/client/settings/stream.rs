//! The settings of the stream of events.

use std::time::Duration;

use async_nats::jetstream::stream::StorageType;
use serde_json::{Value, json};

use super::mismatch::lowercase;
use super::{ConfigMismatch, Settings, nanos};
use crate::mapping::subject::{Filters, any_covers};

/// The settings that [`StreamSettings::check`] verifies.
const CHECKED: &[&str] = &[
    "allow_msg_counter",
    "consumer_limits",
    "discard",
    "discard_new_per_subject",
    "duplicate_window",
    "max_age",
    "max_bytes",
    "max_msgs",
    "max_msgs_per_subject",
    "mirror",
    "name",
    "no_ack",
    "num_replicas",
    "persist_mode",
    "retention",
    "sealed",
    "storage",
    "subject_delete_marker_ttl",
    "subject_transform",
    "subjects",
];

/// The settings that do not withhold events from a subscription.
///
/// Some of them let publishers delete their own events (`allow_msg_ttl`, `allow_rollup_hdrs`), and
/// some refuse events with an error (`max_consumers`, `max_msg_size`).
const HARMLESS: &[&str] = &[
    "allow_atomic",
    "allow_batched",
    "allow_direct",
    "allow_msg_schedules",
    "allow_msg_ttl",
    "allow_rollup_hdrs",
    "compression",
    "deny_delete",
    "deny_purge",
    "description",
    "first_seq",
    "max_consumers",
    "max_msg_size",
    "metadata",
    "mirror_direct",
    "placement",
    "republish",
    "sources",
    "template_owner",
];

/// The limits at which a stream that discards old messages deletes them.
const SIZE_LIMITS: [&str; 2] = ["max_msgs", "max_bytes"];

/// The subjects of events.
#[derive(Debug)]
pub(crate) struct EventSubjects {
    /// The subjects that subscriptions receive.
    pub(crate) received: Vec<String>,
    /// The subjects that events are published to, if they are known.
    pub(crate) published: Option<String>,
}

impl EventSubjects {
    /// Returns the subjects that a stream does not store. Received subjects may come from a source
    /// of the stream, but published subjects may not.
    fn missing_in(&self, stream: Settings<'_>) -> Vec<String> {
        let (own, sourced) = (stream.texts("subjects"), sourced(stream));
        let is_missing = |subject: &&String| !any_covers(&own, subject);
        let received = self.received.iter().filter(is_missing);
        let received = received.filter(|subject| !any_covers(&sourced, subject));
        let published = self.published.iter().filter(is_missing);
        Filters::new(received.chain(published).cloned().collect()).into_vec()
    }
}

/// Returns the subjects of the messages that a stream gets from its sources.
fn sourced(stream: Settings<'_>) -> Vec<String> {
    let sources = stream.get("sources").and_then(Value::as_array);
    let sources = sources.into_iter().flatten().map(Settings::new);
    let subjects = sources.flat_map(|source| {
        let transforms = source.get("subject_transforms").and_then(Value::as_array);
        let transforms: Vec<String> = transforms
            .into_iter()
            .flatten()
            .map(|transform| transformed(Settings::new(transform)))
            .collect();
        match source.text("filter_subject") {
            "" if transforms.is_empty() => vec![">".to_owned()],
            "" => transforms,
            filter => vec![filter.to_owned()],
        }
    });
    subjects.collect()
}

/// Returns the destination subjects of a transform.
fn transformed(transform: Settings<'_>) -> String {
    let (source, destination) = (transform.text("src"), transform.text("dest"));
    let Some(subjects) = [destination, source]
        .into_iter()
        .find(|own| !own.is_empty())
    else {
        return ">".to_owned();
    };
    // A placeholder, such as `{{wildcard(1)}}`, is a single token.
    let tokens = subjects.split('.');
    let tokens: Vec<&str> = tokens
        .map(|token| if token.contains("{{") { "*" } else { token })
        .collect();
    tokens.join(".")
}

/// The required settings of the stream.
#[derive(Debug, Clone)]
pub(crate) struct StreamSettings {
    pub(crate) name: String,
    /// Whether a missing stream is an error instead of being created.
    pub(crate) must_exist: bool,
    pub(crate) storage: StorageType,
    pub(crate) duplicate_window: Duration,
    pub(crate) replicas: Option<usize>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) max_bytes: Option<u64>,
}

impl StreamSettings {
    /// Returns the config of a new stream.
    pub(crate) fn config(&self, subjects: &[String]) -> Value {
        let max_bytes = self
            .max_bytes
            .map_or(-1, |max| max.try_into().unwrap_or(i64::MAX));
        json!({
            "name": self.name,
            "subjects": subjects,
            "retention": "limits",
            "storage": lowercase(self.storage),
            // A full stream refuses new messages instead of deleting old ones.
            "discard": "new",
            "duplicate_window": nanos(self.duplicate_window),
            "num_replicas": self.replicas.unwrap_or(1),
            "max_age": nanos(self.max_age.unwrap_or_default()),
            "max_bytes": max_bytes,
            "max_msgs": -1,
            "max_msgs_per_subject": -1,
            "max_consumers": -1,
        })
    }

    /// Compares the settings of an existing stream, and adds a warning for each setting that
    /// operators should check.
    pub(crate) fn check(
        &self,
        found: Settings<'_>,
        subjects: &EventSubjects,
        warnings: &mut Vec<String>,
    ) -> ConfigMismatch {
        let mut mismatch = ConfigMismatch::default();
        let missing = subjects.missing_in(found);
        mismatch.expect(
            missing.is_empty(),
            "subjects",
            format_args!("{:?}", found.texts("subjects")),
            format_args!("{missing:?} or more"),
        );
        mismatch.expect_text("storage", found, &lowercase(self.storage));
        mismatch.expect(
            found.text("retention") == "limits",
            "retention",
            found.text("retention"),
            "limits, which keeps events for handlers that are added later",
        );
        let window = found.duration("duplicate_window");
        mismatch.expect(
            window >= self.duplicate_window,
            "duplicate_window",
            format_args!("{window:?}"),
            format_args!("{:?} or more", self.duplicate_window),
        );
        let (replicas, expected) = (found.int("num_replicas"), self.replicas.unwrap_or(0));
        mismatch.expect(
            usize::try_from(replicas).is_ok_and(|replicas| replicas >= expected),
            "num_replicas",
            replicas,
            format_args!("{expected} or more"),
        );
        self.check_limits(found, &mut mismatch);
        check_semantics(found, &mut mismatch);
        let what = format!("the stream `{}`", self.name);
        warnings.extend(found.warn_of_unknown(&what, [CHECKED, HARMLESS]));
        mismatch
    }

    /// Checks the limits at which events are deleted. A limit may be larger than required.
    fn check_limits(&self, found: Settings<'_>, mismatch: &mut ConfigMismatch) {
        let age = found.duration("max_age");
        mismatch.expect(
            age.is_zero() || self.max_age.is_some_and(|expected| age >= expected),
            "max_age",
            format_args!("{age:?}"),
            self.max_age.map_or_else(
                || "none (`NatsBuilder::max_age`), since it deletes unhandled events".to_owned(),
                |expected| format!("{expected:?} or more"),
            ),
        );
        let bytes = found.int("max_bytes");
        if let Some(expected) = self.max_bytes {
            mismatch.expect(
                bytes <= 0 || u64::try_from(bytes).is_ok_and(|bytes| bytes >= expected),
                "max_bytes",
                bytes,
                format_args!("{expected} or more"),
            );
        }
        let discards_old = found.text("discard") != "new";
        for limit in SIZE_LIMITS {
            mismatch.expect(
                !discards_old || found.int(limit) <= 0,
                "discard",
                format_args!("old with `{limit}` {}", found.int(limit)),
                "new or no limit, since a full stream deletes unhandled events",
            );
        }
        // A message for a subject at its limit is refused only with both settings.
        let refuses = !discards_old && found.flag("discard_new_per_subject");
        let per_subject = found.int("max_msgs_per_subject");
        mismatch.expect(
            refuses || per_subject <= 0,
            "max_msgs_per_subject",
            per_subject,
            "none, since it deletes unhandled events (with `discard` new and `discard_new_per_subject` \
             it does not)",
        );
    }
}

/// Checks the settings that change how the stream treats an event.
fn check_semantics(found: Settings<'_>, mismatch: &mut ConfigMismatch) {
    for refused in ["no_ack", "sealed"] {
        mismatch.expect_eq(refused, found.flag(refused), false);
    }
    for (refused, reason) in [
        ("mirror", "since events cannot be published to it"),
        ("subject_transform", "since subjects are event types"),
        (
            "subject_delete_marker_ttl",
            "since its markers are not events",
        ),
        (
            "allow_msg_counter",
            "since the stream would store only counters",
        ),
    ] {
        let expected = format_args!("none, {reason}");
        mismatch.expect(!found.is_set(refused), refused, "set", expected);
    }
    let persist_mode = found.text("persist_mode");
    mismatch.expect(
        ["", "default"].contains(&persist_mode),
        "persist_mode",
        persist_mode,
        "default, since events would be confirmed before they are stored",
    );
    let limits = found.get("consumer_limits");
    let threshold = limits.map(|limits| Settings::new(limits).duration("inactive_threshold"));
    let threshold = threshold.unwrap_or_default();
    mismatch.expect(
        threshold.is_zero(),
        "consumer_limits.inactive_threshold",
        format_args!("{threshold:?}"),
        "none, since it deletes consumers while no process is running",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_stores_what_is_received_and_not_what_is_published() {
        let missing = |sources: Value, received: &str, published: Option<&str>| {
            let config = json!({ "subjects": ["own.>"], "sources": sources });
            let subjects = EventSubjects {
                received: vec![received.to_owned()],
                published: published.map(str::to_owned),
            };
            subjects.missing_in(Settings::new(&config))
        };
        let none: [String; 0] = [];
        assert_eq!(missing(json!([]), "own.a", Some("own.b")), none);
        assert_eq!(missing(json!([]), "a.*", None), ["a.*"]);
        let all = json!([{ "name": "S" }]);
        assert_eq!(missing(all.clone(), "a.*", None), none);
        assert_eq!(missing(all, "a.*", Some("a.*")), ["a.*"]);
        let some = json!([{ "name": "S", "filter_subject": "a.>" }]);
        assert_eq!(missing(some.clone(), "a.*", None), none);
        assert_eq!(missing(some, "b.*", None), ["b.*"]);
        let transform = json!({ "src": "a.*", "dest": "b.{{wildcard(1)}}" });
        let transformed = json!([{ "name": "S", "subject_transforms": [transform] }]);
        assert_eq!(missing(transformed.clone(), "b.*", None), none);
        assert_eq!(missing(transformed, "a.*", None), ["a.*"]);
    }
}
