//! The settings of the durable consumer of a subscription.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{ConfigMismatch, Settings, nanos};
use crate::mapping::subject::Filters;

/// The settings that [`ConsumerSettings::check`] verifies, and those that are updated.
const CHECKED: &[&str] = &[
    "ack_policy",
    "ack_wait",
    "backoff",
    "deliver_policy",
    "deliver_subject",
    "durable_name",
    "filter_subject",
    "filter_subjects",
    "headers_only",
    "inactive_threshold",
    "max_ack_pending",
    "max_batch",
    "max_deliver",
    "max_expires",
    "max_waiting",
    "mem_storage",
    "name",
    "num_replicas",
    "opt_start_seq",
    "opt_start_time",
    "pause_until",
    "priority_groups",
    "priority_policy",
    "replay_policy",
];

/// The settings that do not withhold events from a subscription: settings of push consumers, limits that
/// the requests of this transport do not use, and descriptive ones.
const HARMLESS: &[&str] = &[
    "deliver_group",
    "description",
    "flow_control",
    "idle_heartbeat",
    "max_bytes",
    "metadata",
    "priority_timeout",
    "rate_limit_bps",
    "sample_freq",
];

/// The number of waiting requests below which processes may block each other.
const MIN_WAITING: i64 = 16;

/// The required settings of a consumer.
#[derive(Debug)]
pub(crate) struct ConsumerSettings {
    pub(crate) durable: String,
    pub(crate) filters: Filters,
    /// Whether the server supports several filters and can update them.
    pub(crate) is_2_10: bool,
    pub(crate) ack_wait: Duration,
    pub(crate) max_in_flight: usize,
    pub(crate) max_ack_pending: usize,
    /// The maximum time that a request of this transport waits.
    pub(crate) max_expires: Duration,
    /// Whether the stream is stored in memory.
    pub(crate) in_memory: bool,
    pub(crate) stream_replicas: i64,
}

impl ConsumerSettings {
    /// Returns the config of a new consumer with a start position.
    pub(crate) fn config(&self, start: Map<String, Value>) -> Value {
        let mut config = json!({
            "durable_name": self.durable,
            "ack_policy": "explicit",
            "ack_wait": nanos(self.ack_wait),
            // The service decides when to stop redelivery.
            "max_deliver": -1,
            "replay_policy": "instant",
            "max_ack_pending": self.max_ack_pending,
        });
        if let Value::Object(config) = &mut config {
            config.extend(start);
            config.extend(self.filter_settings());
        }
        config
    }

    /// Returns the filter settings that the server supports.
    fn filter_settings(&self) -> Map<String, Value> {
        let filters = self.filters.as_slice();
        let mut settings = Map::new();
        if filters.len() > 1 && self.is_2_10 && self.filters.are_disjoint() {
            settings.insert("filter_subjects".to_owned(), json!(filters));
        } else {
            settings.insert("filter_subject".to_owned(), json!(self.filters.covering()));
        }
        settings
    }

    /// Compares the settings of an existing consumer, and adds a warning for each setting that
    /// operators should check.
    pub(crate) fn check(
        &self,
        found: Settings<'_>,
        what: &str,
        warnings: &mut Vec<String>,
    ) -> ConfigMismatch {
        let mut mismatch = ConfigMismatch::default();
        check_delivery(found, &mut mismatch);
        self.check_storage(found, &mut mismatch);
        self.check_requests(found, &mut mismatch);
        if !self.is_2_10 {
            // Older servers accept new filters, but then skip messages that these select.
            mismatch.expect(
                self.has_filters(found),
                "filter_subjects",
                format_args!("{:?}", filters_of(found)),
                format_args!(
                    "{:?}, which a server before 2.10 cannot update: give the subscription another name",
                    self.filters.as_slice()
                ),
            );
        }
        let max_waiting = found.int("max_waiting");
        if (1..MIN_WAITING).contains(&max_waiting) {
            warnings.push(format!(
                "{what} has `max_waiting` {max_waiting}: with more processes, the server temporarily refuses \
                 requests for messages"
            ));
        }
        warnings.extend(found.warn_of_unknown(what, [CHECKED, HARMLESS]));
        mismatch
    }

    /// Checks that the stored position lives as long as the stream.
    fn check_storage(&self, found: Settings<'_>, mismatch: &mut ConfigMismatch) {
        mismatch.expect(
            self.in_memory || !found.flag("mem_storage"),
            "mem_storage",
            true,
            "false, since the consumer would lose its position when the server restarts",
        );
        let replicas = found.int("num_replicas");
        mismatch.expect(
            replicas == 0 || replicas >= self.stream_replicas,
            "num_replicas",
            replicas,
            format_args!("0 or {}, as for the stream", self.stream_replicas),
        );
    }

    /// Checks the limits on requests for messages.
    fn check_requests(&self, found: Settings<'_>, mismatch: &mut ConfigMismatch) {
        let max_in_flight = self.max_in_flight;
        let max_batch = found.int("max_batch");
        mismatch.expect(
            max_batch <= 0 || usize::try_from(max_batch).is_ok_and(|max| max >= max_in_flight),
            "max_batch",
            max_batch,
            format_args!("{max_in_flight} or more, the `max_in_flight` of the subscription"),
        );
        let max_expires = found.duration("max_expires");
        mismatch.expect(
            max_expires.is_zero() || max_expires >= self.max_expires,
            "max_expires",
            format_args!("{max_expires:?}"),
            format_args!("{:?} or more, six times `idle_heartbeat`", self.max_expires),
        );
    }

    /// Returns the config with updated filters, `ack_wait` and `max_ack_pending`; returns `None` if
    /// none of them differs.
    ///
    /// A shorter `ack_wait` is applied only if `shortens` is set.
    pub(crate) fn update(&self, found: &Value, shortens: bool) -> Option<Value> {
        let settings = Settings::new(found);
        let mut changes = Map::new();
        if !self.has_filters(settings) {
            changes.extend(self.filter_settings());
        }
        let ack_wait = settings.duration("ack_wait");
        if ack_wait < self.ack_wait || (ack_wait > self.ack_wait && shortens) {
            changes.insert("ack_wait".to_owned(), json!(nanos(self.ack_wait)));
        }
        let max_ack_pending = settings.int("max_ack_pending");
        if usize::try_from(max_ack_pending).is_ok_and(|max| max < self.max_in_flight) {
            changes.insert("max_ack_pending".to_owned(), json!(self.max_ack_pending));
        }
        if changes.is_empty() {
            return None;
        }
        let mut config = found.as_object()?.clone();
        if changes.keys().any(|name| name.starts_with("filter")) {
            config.remove("filter_subject");
            config.remove("filter_subjects");
        }
        config.extend(changes);
        Some(Value::Object(config))
    }

    /// Returns whether the filters are the expected ones, or a single one that covers them: a
    /// consumer that was created on a server before 2.10 keeps such a filter.
    fn has_filters(&self, found: Settings<'_>) -> bool {
        let found = filters_of(found);
        found == self.filters.as_slice() || found == [self.filters.covering()]
    }
}

/// Checks the settings that cause messages to be delivered only once, late, incompletely, or not at
/// all.
fn check_delivery(found: Settings<'_>, mismatch: &mut ConfigMismatch) {
    let deliver = found.text("deliver_subject");
    mismatch.expect(
        deliver.is_empty(),
        "deliver_subject",
        deliver,
        "none, as for a pull consumer",
    );
    mismatch.expect_text("ack_policy", found, "explicit");
    let max_deliver = found.int("max_deliver");
    mismatch.expect(
        max_deliver <= 0,
        "max_deliver",
        max_deliver,
        "-1, since the service decides when to stop redelivery",
    );
    mismatch.expect(
        !found.is_set("backoff"),
        "backoff",
        "set",
        "none, since it replaces `ack_wait`",
    );
    mismatch.expect_eq("headers_only", found.flag("headers_only"), false);
    let replay = found.text("replay_policy");
    mismatch.expect(
        replay != "original",
        "replay_policy",
        replay,
        "instant, since it delays events",
    );
    let threshold = found.duration("inactive_threshold");
    mismatch.expect(
        threshold.is_zero(),
        "inactive_threshold",
        format_args!("{threshold:?}"),
        "none, since it deletes the consumer while no process is running",
    );
    for refused in ["priority_groups", "priority_policy"] {
        let is_set = found.is_set(refused) && found.text(refused) != "none";
        let expected = "none, since requests belong to no group";
        mismatch.expect(!is_set, refused, "set", expected);
    }
}

fn filters_of(found: Settings<'_>) -> Vec<String> {
    let mut filters = found.texts("filter_subjects");
    let one = found.text("filter_subject");
    filters.extend((!one.is_empty()).then(|| one.to_owned()));
    filters.sort_unstable();
    filters
}
