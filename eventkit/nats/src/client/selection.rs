//! The record of the selections of a durable subscription, in the order in which they were first
//! used.

use std::time::Duration;

use eventkit::transport::{Selections, Subscription};
use serde::{Deserialize, Serialize};

use crate::mapping::subject::Filters;

/// The record of a durable subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The latest name of the subscription; the durable has the first one.
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) selections: Selections,
    /// The patterns of the latest selection, for operators that inspect the record.
    pub(super) patterns: Vec<String>,
    pub(super) filter: Option<String>,
    /// The subject filters that the consumer has or is about to have.
    pub(super) filter_subjects: Vec<String>,
    /// The `ack_wait` that the consumer has or is about to have, in nanoseconds.
    pub(super) ack_wait: u64,
    /// The creation time of the stream, which tells it from other streams with the same name.
    pub(super) stream_created: String,
    /// The sequence up to which all messages were settled when this was written.
    pub(super) settled: Option<u64>,
}

/// The selection of a process, in its recorded form.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    name: String,
    pub(super) digest: String,
    patterns: Vec<String>,
    filter: Option<String>,
    filter_subjects: Vec<String>,
    ack_wait: Duration,
}

impl Selection {
    pub(super) fn new(subscription: &Subscription, filters: &Filters) -> Self {
        let mut patterns = subscription.patterns.clone();
        patterns.sort_unstable();
        patterns.dedup();
        let filter_subjects = filters.as_slice().to_vec();
        let filter = subscription.filter.clone();
        Self {
            name: subscription.name.clone(),
            digest: subscription.selection_digest(&filter_subjects),
            patterns,
            filter,
            filter_subjects,
            ack_wait: subscription.ack_wait,
        }
    }

    /// Returns the first record of a subscription.
    pub(super) fn first_record(&self, stream_created: &str) -> Record {
        Record {
            name: self.name.clone(),
            selections: Selections::new(self.digest.clone()),
            patterns: self.patterns.clone(),
            filter: self.filter.clone(),
            filter_subjects: self.filter_subjects.clone(),
            ack_wait: u64::try_from(self.ack_wait.as_nanos()).unwrap_or(u64::MAX),
            stream_created: stream_created.to_owned(),
            settled: None,
        }
    }

    /// Returns the record that follows another one, in which this selection is the latest.
    pub(super) fn succeed(&self, before: &Record) -> Record {
        Record {
            settled: before.settled,
            selections: before.selections.succeed(&self.digest),
            ..self.first_record(&before.stream_created)
        }
    }
}

impl Record {
    /// Returns the key of a durable's record.
    pub(super) fn key(durable: &str) -> String {
        format!("selection.{durable}")
    }

    /// Returns the record for a recreated stream of the same name, whose consumer delivers from the
    /// first message on.
    pub(super) fn move_to(&self, stream_created: &str) -> Self {
        Self {
            stream_created: stream_created.to_owned(),
            settled: Some(0),
            ..self.clone()
        }
    }

    pub(super) fn ack_wait(&self) -> Duration {
        Duration::from_nanos(self.ack_wait)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_stored_form_does_not_change() {
        let subscription = Subscription::new("s", ["a"]);
        let filters = Filters::new(vec!["e.a".to_owned()]);
        let record = Selection::new(&subscription, &filters).first_record("then");
        let stored = json!({
            "name": "s", "generation": 1, "digest": "d234d29fecfca288", "earlier": [],
            "patterns": ["a"], "filter": null, "filter_subjects": ["e.a"],
            "ack_wait": 30_000_000_000_u64, "stream_created": "then", "settled": null,
        });
        assert_eq!(serde_json::to_value(&record).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Record>(stored).unwrap(), record);
    }

    #[test]
    fn a_record_keeps_what_was_settled_before() {
        let [narrow, wide] = [&["a"][..], &["a", "b"]].map(|patterns| {
            let subscription = Subscription::new("s", patterns.iter().copied());
            let filters = patterns.iter().map(|pattern| format!("e.{pattern}"));
            Selection::new(&subscription, &Filters::new(filters.collect()))
        });
        let settled = Some(7);
        let first = narrow.first_record("then");
        let record = wide.succeed(&Record { settled, ..first });
        assert_eq!(
            (record.settled, record.selections.generation()),
            (settled, 2)
        );
        assert_eq!(record.filter_subjects, ["e.a", "e.b"]);
    }
}
