//! The state of all subscriptions, derived from the entries of the log: the same in every process.

use std::sync::Arc;

use eventkit::transport::{BoundedMap, DeliveryRecord, SelectionRole};
use tokio::time::Instant;
use uuid::Uuid;

use super::entry::{Entry, Opening, StoredRecord, SubscriptionState};

/// The maximum number of delivery records; the oldest ones are dropped.
const MAX_RECORDS: usize = 100_000;

/// The number of entries after which the state of a subscription is written again, long before the broker
/// deletes the first ones.
const RESTATEMENT_INTERVAL: u64 = 20_000;

/// A subscription, with facts that only this process knows.
#[derive(Debug)]
struct Known {
    state: SubscriptionState,
    /// The number of the last entry with the state; `None` if that entry is no longer in the log.
    stated: Option<u64>,
    /// The time since which no process with the latest selection has shown that it is running.
    renewed: Instant,
}

#[derive(Debug)]
pub(super) struct State {
    subscriptions: Vec<Known>,
    records: BoundedMap<(Arc<str>, Uuid), (u32, DeliveryRecord)>,
    /// The number of entries that were applied.
    entries: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            subscriptions: Vec::new(),
            records: BoundedMap::new(MAX_RECORDS),
            entries: 0,
        }
    }
}

impl State {
    pub(super) fn apply(&mut self, entry: Entry) {
        self.entries += 1;
        match entry {
            Entry::Marker => {}
            Entry::Open(opening) => self.open(opening),
            Entry::Renew { queue, digest } => {
                if let Some(known) = self.of_queue(&queue)
                    && known.state.selections.role_of(&digest) == SelectionRole::Latest
                {
                    known.renewed = Instant::now();
                    // The process has removed them.
                    known.state.old_bindings.clear();
                }
            }
            Entry::TakeOver {
                mut opening,
                generation,
            } => {
                self.restate(opening.before.take().map(|before| *before));
                if let Some(known) = self.find_mut(&opening.name)
                    && known.state.selections.generation() == generation
                {
                    known.state.adopt(opening);
                    known.renewed = Instant::now();
                }
            }
            Entry::State(state) => self.restate([state]),
            Entry::Record(stored) => self.set_record(stored),
            Entry::Return { queue, messages } => self.return_messages(&queue, messages),
            Entry::Forget { queue, key } => {
                self.records.remove(&(Arc::from(queue), key));
            }
        }
    }

    fn open(&mut self, mut opening: Opening) {
        self.restate(opening.before.take().map(|before| *before));
        let entries = self.entries;
        let former = || {
            let mut names = opening.formerly.iter();
            names.find_map(|name| self.find(name))
        };
        let found = self.find(&opening.name).or_else(former);
        let found = found.map(|state| state.queue.clone());
        let Some(known) = found.and_then(|queue| self.of_queue(&queue)) else {
            self.subscriptions.push(Known {
                state: SubscriptionState::new(opening),
                stated: Some(entries),
                renewed: Instant::now(),
            });
            return;
        };
        let state = &mut known.state;
        match state.selections.role_of(&opening.digest) {
            SelectionRole::Superseded => return,
            // It belongs to a subscription that has another name now.
            SelectionRole::Unknown if !state.is_owned_by(&opening) => return,
            SelectionRole::Latest | SelectionRole::Unknown => state.adopt(opening),
        }
        known.stated = Some(entries);
        known.renewed = Instant::now();
    }

    /// Adds a subscription whose earlier entries are gone. A process that read them knows it already, with what
    /// happened since the state was written.
    fn restate(&mut self, state: impl IntoIterator<Item = SubscriptionState>) {
        let entries = self.entries;
        for state in state {
            if let Some(known) = self.of_queue(&state.queue) {
                known.stated = Some(entries);
                continue;
            }
            self.subscriptions.push(Known {
                state,
                stated: Some(entries),
                renewed: Instant::now(),
            });
        }
    }

    fn set_record(&mut self, stored: StoredRecord) {
        let key = (Arc::from(stored.queue), stored.key);
        self.records.insert(key, (stored.deliveries, stored.record));
    }

    fn return_messages(&mut self, queue: &str, messages: Vec<(Uuid, u32)>) {
        let queue: Arc<str> = Arc::from(queue);
        for (message, deliveries) in messages {
            let key = (Arc::clone(&queue), message);
            let record = self.records.get(&key).map(|(_, record)| *record);
            if let Some(record) = record.unwrap_or_default().accounting_for(deliveries) {
                self.records.insert(key, (deliveries, record));
            }
        }
    }

    fn of_queue(&mut self, queue: &str) -> Option<&mut Known> {
        let mut all = self.subscriptions.iter_mut();
        all.find(|known| known.state.queue == queue)
    }

    fn find_mut(&mut self, name: &str) -> Option<&mut Known> {
        let mut all = self.subscriptions.iter_mut();
        all.find(|known| known.state.is_named(name))
    }

    /// Returns the subscription with a current or former name.
    pub(super) fn find(&self, name: &str) -> Option<&SubscriptionState> {
        let mut all = self.all();
        all.find(|state| state.is_named(name))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &SubscriptionState> {
        self.subscriptions.iter().map(|known| &known.state)
    }

    /// Returns the record of a message, and the delivery count at which it was stored.
    pub(super) fn record(&self, queue: &str, key: Uuid) -> Option<(u32, DeliveryRecord)> {
        self.records.get(&(Arc::from(queue), key)).copied()
    }

    /// Returns the time since which no process with the latest selection has shown that it is running.
    pub(super) fn renewed(&self, name: &str) -> Option<Instant> {
        let mut all = self.subscriptions.iter();
        let known = all.find(|known| known.state.is_named(name))?;
        Some(known.renewed)
    }

    /// Notes that entries may have been missed, so that no process is known to have ended.
    pub(super) fn reset_clocks(&mut self) {
        for known in &mut self.subscriptions {
            known.renewed = Instant::now();
        }
    }

    /// Notes that the entries that were applied so far are gone.
    pub(super) fn note_new_log(&mut self) {
        for known in &mut self.subscriptions {
            known.stated = None;
        }
    }

    /// Takes the subscriptions whose state must be written again.
    pub(super) fn take_old(&mut self) -> Vec<SubscriptionState> {
        let entries = self.entries;
        let old = self.subscriptions.iter_mut();
        let is_old = |stated: u64| entries - stated > RESTATEMENT_INTERVAL;
        let old = old.filter(|known| known.stated.is_none_or(is_old));
        old.map(|known| {
            known.stated = Some(entries);
            known.state.clone()
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use eventkit::transport::Subscription;

    use super::*;

    fn opening(name: &str, formerly: &[&str], patterns: &[&str]) -> Opening {
        let mut subscription = Subscription::new(name, patterns.iter().copied());
        subscription.formerly = formerly.iter().map(ToString::to_string).collect();
        Opening::new(&subscription, format!("shop.{name}"), None).unwrap()
    }

    fn applied(entries: impl IntoIterator<Item = Entry>) -> State {
        let mut state = State::default();
        for entry in entries {
            let stored = serde_json::to_vec(&entry).unwrap();
            state.apply(serde_json::from_slice(&stored).unwrap());
        }
        state
    }

    #[tokio::test]
    async fn a_renamed_subscription_keeps_its_queue_and_its_names() {
        let state = applied([
            Entry::Open(opening("mail", &[], &["a"])),
            Entry::Open(opening("receipt", &["never", "mail"], &["a"])),
            // A process of the earlier deployment.
            Entry::Open(opening("mail", &[], &["a"])),
        ]);
        assert_eq!(state.all().count(), 1);
        let own = state.find("mail").unwrap();
        assert_eq!((&*own.queue, &*own.name), ("shop.mail", "receipt"));
        assert_eq!(own.former_names, ["mail"]);
        assert_eq!(own.selections.generation(), 1);
    }

    #[tokio::test]
    async fn a_subscription_that_is_renamed_back_has_its_name_without_saying_so_later() {
        let state = applied([
            Entry::Open(opening("mail", &[], &["a"])),
            Entry::Open(opening("receipt", &["mail"], &["a"])),
            Entry::Open(opening("mail", &["receipt"], &["a"])),
            Entry::Open(opening("mail", &[], &["b"])),
        ]);
        let own = state.find("receipt").unwrap();
        assert_eq!(
            (&*own.name, &*own.former_names),
            ("mail", &["receipt".to_owned()][..])
        );
        assert_eq!(own.bindings[0].key, "b");
    }

    #[tokio::test]
    async fn one_process_of_two_takes_over() {
        let [narrow, wide] = [&["a"][..], &["*"]].map(|own| opening("s", &[], own));
        let take_over = Entry::TakeOver {
            opening: narrow.clone(),
            generation: 2,
        };
        let state = applied([
            Entry::Open(narrow.clone()),
            Entry::Open(wide.clone()),
            Entry::Open(narrow.clone()),
        ]);
        let own = state.find("s").unwrap();
        let role = own.selections.role_of(&narrow.digest);
        assert_eq!(role, SelectionRole::Superseded);
        assert_eq!(own.bindings[0].key, "*.#");
        let state = applied([
            Entry::Open(narrow.clone()),
            Entry::Open(wide),
            take_over.clone(),
            take_over,
        ]);
        let own = state.find("s").unwrap();
        assert_eq!(own.selections.latest(), narrow.digest);
        assert_eq!(own.selections.generation(), 3);
        assert_eq!(own.bindings[0].key, "a");
    }

    #[tokio::test]
    async fn bindings_of_earlier_selections_are_known_until_a_process_has_removed_them() {
        let latest = opening("s", &[], &["b", "c"]);
        let digest = latest.digest.clone();
        let open = Entry::Open(latest);
        let earlier = Entry::Open(opening("s", &[], &["a", "b"]));
        // The process that opens it is killed, and starts again.
        let mut state = applied([earlier, open.clone(), open]);
        let old = |state: &State| {
            let old = state.find("s").unwrap().old_bindings.iter();
            old.map(|own| own.key.clone()).collect::<Vec<_>>()
        };
        assert_eq!(old(&state), ["a"]);
        let queue = "shop.s".to_owned();
        state.apply(Entry::Renew { queue, digest });
        assert!(old(&state).is_empty());
    }

    #[tokio::test]
    async fn the_state_is_the_same_where_its_first_entries_are_gone() {
        let entries = [
            Entry::Open(opening("mail", &[], &["a"])),
            Entry::Open(opening("receipt", &["mail"], &["*"])),
        ];
        let all = applied(entries.clone());
        let state = all.find("receipt").unwrap().clone();
        let restated = entries.into_iter().chain([Entry::State(state.clone())]);
        let restated = applied(restated);
        let late = applied([Entry::State(state.clone())]);
        assert_eq!(restated.find("mail"), Some(&state));
        assert_eq!(late.find("mail"), Some(&state));
    }

    #[tokio::test]
    async fn an_opening_introduces_its_subscription_where_the_first_entries_are_gone() {
        let mut entries = vec![
            Entry::Open(opening("mail", &[], &["a"])),
            Entry::Open(opening("receipt", &["mail"], &["*"])),
        ];
        let before = applied(entries.clone()).find("receipt").cloned();
        let mut again = opening("receipt", &[], &["*"]);
        again.before = before.map(Box::new);
        entries.push(Entry::Open(again));
        // A process of the first deployment starts again.
        entries.push(Entry::Open(opening("mail", &[], &["a"])));
        let all = applied(entries.clone());
        let late = applied(entries.split_off(2));
        assert!(late.find("mail").is_some());
        assert_eq!(late.find("mail"), all.find("mail"));
    }

    #[tokio::test]
    async fn records_are_kept_by_queue_and_message() {
        let (queue, key) = ("shop.mail".to_owned(), Uuid::from_u128(7));
        let mut record = DeliveryRecord::default();
        record.failed_attempts = 2;
        record.accounted_deliveries = 2;
        let stored = Entry::Record(StoredRecord {
            queue: queue.clone(),
            key,
            deliveries: 2,
            record,
        });
        let returned = |deliveries| Entry::Return {
            queue: queue.clone(),
            messages: vec![(key, deliveries)],
        };
        let state = applied([stored.clone(), returned(3)]);
        let (deliveries, found) = state.record("shop.mail", key).unwrap();
        assert_eq!((deliveries, found.accounted_deliveries), (3, 3));
        // A delivery before it is not accounted for.
        let state = applied([stored.clone(), returned(4)]);
        assert_eq!(state.record("shop.mail", key), Some((2, record)));
        assert_eq!(state.record("shop.other", key), None);
        let forgotten = Entry::Forget { queue, key };
        assert_eq!(applied([stored, forgotten]).record("shop.mail", key), None);
    }
}
