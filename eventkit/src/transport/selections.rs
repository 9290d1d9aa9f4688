//! The rules by which processes with different selections share a durable subscription.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Subscription;

/// The maximum number of earlier selections that are recorded.
const MAX_EARLIER: usize = 16;

/// The selections of a durable subscription, in the order in which they were first used.
///
/// A transport stores them with the subscription, each by its [digest](Subscription::selection_digest).
/// [`Subscription`] says how processes with earlier and later selections share the messages.
///
/// Some transports only learn from the record that other processes are running. In these, processes
/// with the latest selection write the record again once in each
/// [`RENEWAL_INTERVAL`](Self::RENEWAL_INTERVAL). If a process with an earlier selection has seen no
/// write for its [`takeover_timeout`](Self::takeover_timeout), its selection [becomes the
/// latest](Self::succeed) again.
///
/// ```
/// use eventkit::transport::{SelectionRole, Selections, Subscription};
///
/// let digest = |patterns: &[&str]| {
///     Subscription::new("shop--receipt", patterns.iter().copied()).selection_digest::<&str>(&[])
/// };
/// let (before, now) = (digest(&["order.placed"]), digest(&["order.*"]));
///
/// let selections = Selections::new(before.clone()).succeed(&now);
/// assert_eq!(selections.generation(), 2);
/// assert_eq!(selections.role_of(&before), SelectionRole::Superseded);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selections {
    generation: u64,
    /// The digest of the latest selection.
    digest: String,
    /// The digests of earlier selections, the oldest first.
    earlier: Vec<String>,
}

/// The role of a selection among those of a durable subscription.
///
/// [`Selections`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectionRole {
    /// The latest selection: messages that it skips are settled permanently.
    Latest,
    /// An earlier selection: messages that it skips are returned for a later one.
    Superseded,
    /// The selection is not recorded.
    Unknown,
}

impl Selections {
    /// How often processes with the latest selection rewrite the record, so that processes with
    /// earlier selections know that they are running.
    pub const RENEWAL_INTERVAL: Duration = Duration::from_mins(1);

    /// The time after which an earlier selection becomes the latest, for instance after a rollback,
    /// if no process with a later one is running.
    pub const TAKEOVER_TIMEOUT: Duration = Duration::from_mins(5);

    /// Creates the record of the first selection, whose generation is 1.
    pub fn new(digest: impl Into<String>) -> Self {
        Self {
            generation: 1,
            digest: digest.into(),
            earlier: Vec::new(),
        }
    }

    /// Returns the number of the latest selection; the first one is 1.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns the digest of the latest selection.
    #[must_use]
    pub fn latest(&self) -> &str {
        &self.digest
    }

    /// Returns the role of the selection with a digest.
    #[must_use]
    pub fn role_of(&self, digest: &str) -> SelectionRole {
        if self.digest == digest {
            SelectionRole::Latest
        } else if self.earlier.iter().any(|earlier| earlier == digest) {
            SelectionRole::Superseded
        } else {
            SelectionRole::Unknown
        }
    }

    /// Returns the digests of the selections that are later than a superseded one.
    ///
    /// This is empty for the latest selection. If the given one is not recorded, all selections
    /// count as later.
    pub fn later_than(&self, digest: &str) -> impl Iterator<Item = &str> {
        let mut all = self.earlier.iter().chain([&self.digest]);
        let own = all.position(|own| own == digest);
        let all = self.earlier.iter().chain([&self.digest]);
        all.skip(own.map_or(0, |own| own + 1)).map(String::as_str)
    }

    /// Returns the time without a renewal after which a superseded selection becomes the latest. It
    /// is longer than the timeouts of all later selections, which would otherwise lose the messages
    /// that only they select.
    #[must_use]
    pub fn takeover_timeout(&self, digest: &str) -> Duration {
        let later = self.later_than(digest).count();
        Self::TAKEOVER_TIMEOUT.saturating_mul(u32::try_from(later).unwrap_or(u32::MAX))
    }

    /// Returns the record that follows this one, in which the selection with a digest is the latest.
    ///
    /// If the selection is an earlier one that becomes the latest again, the later ones are forgotten: if
    /// they are deployed again, they count as new.
    #[must_use]
    pub fn succeed(&self, digest: &str) -> Self {
        let mut next = self.clone();
        if self.digest == digest {
            return next;
        }
        next.generation += 1;
        digest.clone_into(&mut next.digest);
        match self.earlier.iter().position(|earlier| earlier == digest) {
            Some(own) => next.earlier.truncate(own),
            None => next.earlier.push(self.digest.clone()),
        }
        let surplus = next.earlier.len().saturating_sub(MAX_EARLIER);
        next.earlier.drain(..surplus);
        next
    }
}

impl Subscription {
    /// Returns the digest of the [selection](Self#selections): of the patterns, in any order, of the
    /// filter, and of the destinations that the transport derives from the patterns, such as subjects.
    ///
    /// It is the same in all processes and versions, so that it can be stored.
    #[must_use]
    pub fn selection_digest<S: AsRef<str>>(&self, destinations: &[S]) -> String {
        let patterns: BTreeSet<&str> = self.patterns.iter().map(String::as_str).collect();
        let patterns: Vec<&str> = patterns.into_iter().collect();
        let mut digest = Digest::default();
        digest.add_list(&patterns);
        digest.add_list(destinations);
        if let Some(filter) = &self.filter {
            digest.add(";");
            digest.add(filter);
        }
        format!("{:016x}", digest.0)
    }
}

/// FNV-1a, in which each text of a list is preceded by its length.
struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    fn add(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn add_list<S: AsRef<str>>(&mut self, list: &[S]) {
        self.add(&format!("{};", list.len()));
        for text in list {
            let text = text.as_ref();
            self.add(&format!("{};{text}", text.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(patterns: &[&str], filter: Option<&str>) -> String {
        let mut subscription = Subscription::new("s", patterns.iter().copied());
        subscription.filter = filter.map(str::to_owned);
        let patterns: BTreeSet<&&str> = patterns.iter().collect();
        let subjects = patterns.iter().map(|pattern| format!("e.{pattern}"));
        subscription.selection_digest(&subjects.collect::<Vec<_>>())
    }

    #[test]
    fn a_digest_distinguishes_selections_regardless_of_the_order_of_patterns() {
        let all = [
            digest(&["a", "b"], None),
            digest(&["a"], None),
            digest(&["a.b"], None),
            digest(&["a", "b"], Some("")),
            digest(&["a", "b"], Some("type = 'a'")),
        ];
        for (at, one) in all.iter().enumerate() {
            for other in &all[at + 1..] {
                assert_ne!(one, other);
            }
        }
        assert_eq!(digest(&["b", "a", "a"], None), all[0]);
        let subscription = Subscription::new("s", ["a"]);
        assert_ne!(subscription.selection_digest(&["other.a"]), all[1]);
        // The digest is stored, so it must not change between versions.
        assert_eq!(all[1], "d234d29fecfca288");
    }

    #[test]
    fn a_selection_that_comes_later_supersedes_the_others_and_can_be_taken_back() {
        let (narrow, wide) = ("narrow", "wide");
        let first = Selections::new(narrow);
        assert_eq!(first.role_of(wide), SelectionRole::Unknown);

        let second = first.succeed(wide);
        assert_eq!(second.role_of(narrow), SelectionRole::Superseded);
        assert_eq!(second.role_of(wide), SelectionRole::Latest);
        assert_eq!((second.generation(), second.latest()), (2, wide));

        let third = second.succeed(narrow);
        assert_eq!(third.role_of(narrow), SelectionRole::Latest);
        assert_eq!((third.generation, third.earlier.len()), (3, 0));
        // A selection that was rolled back is new when it is deployed again.
        assert_eq!(third.role_of(wide), SelectionRole::Unknown);
        let fourth = third.succeed(wide);
        assert_eq!(fourth.role_of(narrow), SelectionRole::Superseded);
        assert_eq!(fourth.succeed(wide), fourth);
    }

    #[test]
    fn a_selection_takes_over_after_all_that_are_later() {
        let record = Selections::new("1").succeed("2").succeed("3");
        let later = |own| record.later_than(own).collect::<Vec<_>>();
        assert_eq!(later("1"), ["2", "3"]);
        assert_eq!(later("3"), [""; 0]);
        assert_eq!(later("4"), ["1", "2", "3"]);
        assert_eq!(record.takeover_timeout("2"), Selections::TAKEOVER_TIMEOUT);
        // Checks are at most 20 seconds apart.
        let longer = Selections::TAKEOVER_TIMEOUT + Duration::from_mins(1);
        assert!(record.takeover_timeout("1") > longer);
        let record = record.succeed("2");
        assert_eq!(record.role_of("1"), SelectionRole::Superseded);
        assert_eq!(record.takeover_timeout("1"), Selections::TAKEOVER_TIMEOUT);
    }

    #[test]
    fn earlier_selections_are_remembered_up_to_a_bound() {
        let mut record = Selections::new("0");
        for number in 1..40 {
            record = record.succeed(&number.to_string());
        }
        assert_eq!((record.generation, record.earlier.len()), (40, MAX_EARLIER));
        assert_eq!(record.role_of("38"), SelectionRole::Superseded);
        assert_eq!(record.role_of("10"), SelectionRole::Unknown);
    }
}
