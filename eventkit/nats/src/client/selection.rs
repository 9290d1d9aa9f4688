//! The record of the selections of a durable subscription, in the order in which they were first
//! used.

use std::time::Duration;

use eventkit::transport::Subscription;
use serde::{Deserialize, Serialize};

use crate::mapping::subject::Filters;

/// The interval at which processes with the latest selection write the record again, so that
/// processes with earlier ones know that they are running.
pub(super) const RENEWAL_INTERVAL: Duration = Duration::from_mins(1);

/// The time without a renewal after which the selection before the latest becomes the latest, as
/// after a rollback. Each selection before that one waits for this time once more.
const TAKEOVER_TIMEOUT: Duration = Duration::from_mins(5);

/// The maximum number of earlier selections in a record.
const MAX_EARLIER: usize = 16;

/// The record of a durable subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The latest name of the subscription; the durable has the first one.
    pub(super) name: String,
    /// The number of the latest selection; the first one is 1.
    pub(super) generation: u64,
    /// The digest of the latest selection.
    pub(super) digest: String,
    /// The digests of earlier selections, the oldest first.
    pub(super) earlier: Vec<String>,
    /// The patterns of the latest selection, for operators who read the record.
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

/// The role of a selection in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Latest,
    Superseded,
    /// The selection is not recorded.
    Unknown,
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
            digest: digest(&patterns, filter.as_deref(), &filter_subjects),
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
            generation: 1,
            digest: self.digest.clone(),
            earlier: Vec::new(),
            patterns: self.patterns.clone(),
            filter: self.filter.clone(),
            filter_subjects: self.filter_subjects.clone(),
            ack_wait: u64::try_from(self.ack_wait.as_nanos()).unwrap_or(u64::MAX),
            stream_created: stream_created.to_owned(),
            settled: None,
        }
    }

    /// Returns the record that follows another one, in which this selection is the latest.
    ///
    /// An earlier selection becomes the latest again once no process with a later one is left. The
    /// later ones are forgotten: if they are deployed again, they count as new.
    pub(super) fn succeed(&self, before: &Record) -> Record {
        let mut record = Record {
            settled: before.settled,
            generation: before.generation,
            earlier: before.earlier.clone(),
            ..self.first_record(&before.stream_created)
        };
        if before.digest == self.digest {
            return record;
        }
        record.generation += 1;
        let mut earlier = before.earlier.iter();
        match earlier.position(|digest| *digest == self.digest) {
            Some(own) => record.earlier.truncate(own),
            None => record.earlier.push(before.digest.clone()),
        }
        let surplus = record.earlier.len().saturating_sub(MAX_EARLIER);
        record.earlier.drain(..surplus);
        record
    }
}

impl Record {
    /// Returns the key of a durable's record.
    pub(super) fn key(durable: &str) -> String {
        format!("selection.{durable}")
    }

    pub(super) fn role_of(&self, digest: &str) -> Role {
        if self.digest == digest {
            Role::Latest
        } else if self.earlier.iter().any(|earlier| earlier == digest) {
            Role::Superseded
        } else {
            Role::Unknown
        }
    }

    /// Returns the time without a renewal after which a superseded selection becomes the latest. It
    /// is longer than the timeouts of all later selections, which would otherwise lose the messages
    /// that only they select.
    pub(super) fn takeover_timeout(&self, digest: &str) -> Duration {
        let own = self.earlier.iter().position(|earlier| earlier == digest);
        let later = self.earlier.len() - own.unwrap_or_default();
        TAKEOVER_TIMEOUT * u32::try_from(later).unwrap_or(u32::MAX)
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

/// Returns a digest that is the same in all processes and versions: FNV-1a, in which each text is
/// preceded by its length.
fn digest(patterns: &[String], filter: Option<&str>, filter_subjects: &[String]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    let lists: [&[String]; 2] = [patterns, filter_subjects];
    for list in lists {
        add(format!("{};", list.len()).as_bytes());
        for text in list {
            add(format!("{};{text}", text.len()).as_bytes());
        }
    }
    if let Some(filter) = filter {
        add(b";");
        add(filter.as_bytes());
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(patterns: &[&str], filter: Option<&str>) -> Selection {
        let mut subscription = Subscription::new("s", patterns.iter().copied());
        subscription.filter = filter.map(str::to_owned);
        let filters = patterns.iter().map(|pattern| format!("e.{pattern}"));
        let filters = Filters::new(filters.collect());
        Selection::new(&subscription, &filters)
    }

    #[test]
    fn a_digest_tells_selections_apart_whatever_the_order_of_patterns() {
        let all = [
            selection(&["a", "b"], None),
            selection(&["a"], None),
            selection(&["a.b"], None),
            selection(&["a", "b"], Some("")),
            selection(&["a", "b"], Some("type = 'a'")),
        ];
        for (at, one) in all.iter().enumerate() {
            for other in &all[at + 1..] {
                assert_ne!(one.digest, other.digest, "{one:?} {other:?}");
            }
        }
        assert_eq!(selection(&["b", "a", "a"], None).digest, all[0].digest);
        // The digest is stored, so it must not change between versions.
        assert_eq!(all[1].digest, "d234d29fecfca288");
    }

    #[test]
    fn a_selection_that_comes_later_supersedes_the_others_and_can_be_taken_back() {
        let (narrow, wide) = (selection(&["a"], None), selection(&["*"], None));
        let first = narrow.first_record("then");
        assert_eq!(first.role_of(&wide.digest), Role::Unknown);

        let second = wide.succeed(&first);
        assert_eq!(second.role_of(&narrow.digest), Role::Superseded);
        assert_eq!(second.role_of(&wide.digest), Role::Latest);
        assert_eq!(second.generation, 2);

        let third = narrow.succeed(&second);
        assert_eq!(third.role_of(&narrow.digest), Role::Latest);
        assert_eq!((third.generation, third.earlier.len()), (3, 0));
        // A selection that was rolled back is new when it is deployed again.
        assert_eq!(third.role_of(&wide.digest), Role::Unknown);
        assert_eq!(
            wide.succeed(&third).role_of(&narrow.digest),
            Role::Superseded
        );
        // The same selection with another `ack_wait`.
        assert_eq!(narrow.succeed(&third).generation, 3);
    }

    #[test]
    fn a_selection_takes_over_after_all_that_are_later() {
        let selections = [&["a"][..], &["a", "b"], &["*"]].map(|own| selection(own, None));
        let [first, second, third] = &selections;
        let record = third.succeed(&second.succeed(&first.first_record("then")));
        let timeout = |own: &Selection| record.takeover_timeout(&own.digest);
        assert_eq!(timeout(second), TAKEOVER_TIMEOUT);
        // Checks are at most 20 seconds apart.
        assert!(timeout(first) > TAKEOVER_TIMEOUT + Duration::from_mins(1));
        let record = second.succeed(&record);
        assert_eq!(record.role_of(&first.digest), Role::Superseded);
        assert_eq!(record.takeover_timeout(&first.digest), TAKEOVER_TIMEOUT);
    }

    #[test]
    fn earlier_selections_are_remembered_up_to_a_bound() {
        let mut record = selection(&["t0"], None).first_record("then");
        for number in 1..40 {
            let pattern = format!("t{number}");
            record = selection(&[&pattern], None).succeed(&record);
        }
        assert_eq!((record.generation, record.earlier.len()), (40, MAX_EARLIER));
        let role = |pattern| record.role_of(&selection(&[pattern], None).digest);
        assert_eq!(role("t38"), Role::Superseded);
        assert_eq!(role("t10"), Role::Unknown);
    }
}
