//! What one subscription is working on.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::key::Key;
use eventkit::event::Event;
use eventkit::transport::Subscription;
use eventkit::transport::backoff::FAR_FUTURE;

/// What became of an event at a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It does not come again.
    Settled,
    /// It is to come again, and not before a time.
    Again(Instant),
    /// There are too many in flight.
    Full,
    /// Nobody is there to take it.
    Absent,
}

/// By which a request learns what becomes of an event; it changes once.
pub(super) type Answer = watch::Receiver<Option<Outcome>>;

/// The messages of a subscription that have come and are not settled.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) subscription: Subscription,
    /// How many messages each consumer has unsettled.
    consumers: HashMap<u64, usize>,
    /// Those that no consumer has taken, the oldest first.
    waiting: VecDeque<Key>,
    unsettled: HashMap<Key, Unsettled>,
    deadlines: BTreeSet<(Instant, Key)>,
    pub(super) changed: Arc<Notify>,
}

#[derive(Debug)]
struct Unsettled {
    event: Event,
    state: State,
    until: Instant,
    answer: watch::Sender<Option<Outcome>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Given(Handout),
}

/// One time that a message is given to a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handout {
    pub(super) key: Key,
    /// Tells this time from all others.
    pub(super) serial: u64,
    pub(super) consumer: u64,
    pub(super) attempt: u32,
}

/// A message that is not in the queue any more.
#[derive(Debug)]
#[must_use = "who waits for the message has to be told"]
pub(super) struct Removed {
    pub(super) key: Key,
    /// Where a consumer had it.
    pub(super) handout: Option<Handout>,
    answer: watch::Sender<Option<Outcome>>,
}

impl Removed {
    /// Tells those that wait what became of the message.
    pub(super) fn tell(self, outcome: Outcome) {
        // That a sender has hung up changes nothing.
        self.answer.send_replace(Some(outcome));
    }
}

impl Queue {
    pub(super) fn new(subscription: Subscription) -> Self {
        Self {
            subscription,
            consumers: HashMap::new(),
            waiting: VecDeque::new(),
            unsettled: HashMap::new(),
            deadlines: BTreeSet::new(),
            changed: Arc::default(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.consumers.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.unsettled.len()
    }

    /// Returns whether every message has been given to a consumer.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn open(&mut self, consumer: u64) {
        self.consumers.insert(consumer, 0);
    }

    /// Closes a consumer; what it has taken, it may still settle. Where it was the last one, what
    /// nobody has taken is returned.
    pub(super) fn close(&mut self, consumer: u64) -> Vec<Removed> {
        self.consumers.remove(&consumer);
        if self.is_open() {
            return Vec::new();
        }
        let waiting: Vec<Key> = self.waiting.drain(..).collect();
        waiting
            .into_iter()
            .filter_map(|key| self.remove(key))
            .collect()
    }

    /// Returns the answer to a message that is in the queue already.
    pub(super) fn answer(&self, key: Key) -> Option<Answer> {
        let unsettled = self.unsettled.get(&key)?;
        Some(unsettled.answer.subscribe())
    }

    /// Takes a message in; `None` where there are too many.
    pub(super) fn push(&mut self, key: Key, event: Event, now: Instant) -> Option<Answer> {
        let room = self.limit().saturating_mul(self.consumers.len());
        if self.unsettled.len() >= room {
            return None;
        }
        let (answer, receiver) = watch::channel(None);
        let until = now + self.subscription.ack_wait.min(FAR_FUTURE);
        let state = State::Waiting;
        self.deadlines.insert((until, key));
        self.waiting.push_back(key);
        let unsettled = Unsettled {
            event,
            state,
            until,
            answer,
        };
        self.unsettled.insert(key, unsettled);
        self.changed.notify_waiters();
        Some(receiver)
    }

    /// Gives the oldest message that waits to a consumer, with what numbers the handout.
    pub(super) fn give(
        &mut self,
        consumer: u64,
        now: Instant,
        number: impl FnOnce(Key) -> (u64, u32),
    ) -> Option<(Event, Handout)> {
        let limit = self.limit();
        let own = self.consumers.get_mut(&consumer)?;
        if *own >= limit {
            return None;
        }
        let key = self.waiting.pop_front()?;
        let unsettled = self.unsettled.get_mut(&key)?;
        *own += 1;
        let (serial, attempt) = number(key);
        let handout = Handout {
            key,
            serial,
            consumer,
            attempt,
        };
        unsettled.state = State::Given(handout);
        let event = unsettled.event.clone();
        self.set_deadline(key, now);
        Some((event, handout))
    }

    /// Starts `ack_wait` anew; returns whether the message is still given to the same.
    pub(super) fn renew(&mut self, handout: Handout, now: Instant) -> bool {
        let there = self.has(handout);
        if there {
            self.set_deadline(handout.key, now);
        }
        there
    }

    /// Takes a message out, whoever has it.
    pub(super) fn remove(&mut self, key: Key) -> Option<Removed> {
        let Unsettled {
            state,
            until,
            answer,
            ..
        } = self.unsettled.remove(&key)?;
        self.deadlines.remove(&(until, key));
        let handout = match state {
            State::Waiting => {
                self.waiting.retain(|own| *own != key);
                None
            }
            State::Given(handout) => {
                if let Some(own) = self.consumers.get_mut(&handout.consumer) {
                    *own -= 1;
                }
                Some(handout)
            }
        };
        self.changed.notify_waiters();
        let removed = Removed {
            key,
            handout,
            answer,
        };
        Some(removed)
    }

    /// Takes a message out that is still given to the same.
    pub(super) fn take_back(&mut self, handout: Handout) -> Option<Removed> {
        self.has(handout).then(|| self.remove(handout.key))?
    }

    /// Takes out one of the messages that nobody has said a word about in time.
    pub(super) fn remove_overdue(&mut self, now: Instant) -> Option<Removed> {
        let (at, key) = self.deadlines.first().copied()?;
        (at <= now).then(|| self.remove(key))?
    }

    /// Returns when something changes without anybody's doing.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    fn limit(&self) -> usize {
        self.subscription.max_in_flight.max(1)
    }

    fn has(&self, handout: Handout) -> bool {
        let unsettled = self.unsettled.get(&handout.key);
        unsettled.is_some_and(|unsettled| unsettled.state == State::Given(handout))
    }

    fn set_deadline(&mut self, key: Key, now: Instant) {
        if let Some(unsettled) = self.unsettled.get_mut(&key) {
            self.deadlines.remove(&(unsettled.until, key));
            unsettled.until = now + self.subscription.ack_wait.min(FAR_FUTURE);
            self.deadlines.insert((unsettled.until, key));
        }
    }
}
