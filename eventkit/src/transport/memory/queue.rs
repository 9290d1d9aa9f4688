//! What one subscription has still to settle.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::faults::Faults;
use crate::transport::Subscription;

/// Out of how many messages a fault chooses the next one.
const REORDERED: usize = 16;

/// The messages of a subscription, by their position in the store.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) subscription: Subscription,
    /// Those that can be given now.
    ready: BTreeSet<u64>,
    /// Those that can be given later.
    delayed: BTreeSet<(Instant, u64)>,
    /// Those that have been given and are not settled.
    given: HashMap<u64, Given>,
    /// When each of the given ones is taken back.
    deadlines: BTreeSet<(Instant, u64)>,
    /// How often each that has been given before was.
    attempts: HashMap<u64, u32>,
    /// Consumers of an earlier one are lost.
    pub(super) generation: u64,
    pub(super) changed: Arc<Notify>,
}

#[derive(Debug)]
struct Given {
    to: u64,
    until: Instant,
    attempt: u32,
}

/// One time that a message is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handout {
    pub(super) position: u64,
    pub(super) attempt: u32,
}

impl Queue {
    pub(super) fn new(subscription: Subscription) -> Self {
        Self {
            subscription,
            ready: BTreeSet::new(),
            delayed: BTreeSet::new(),
            given: HashMap::new(),
            deadlines: BTreeSet::new(),
            attempts: HashMap::new(),
            generation: 0,
            changed: Arc::default(),
        }
    }

    /// Adds a message, to be given at once or later.
    pub(super) fn push(&mut self, position: u64, at: Option<Instant>) {
        match at {
            None => self.ready.insert(position),
            Some(at) => self.delayed.insert((at, position)),
        };
        self.changed.notify_waiters();
    }

    /// Returns how many messages are not settled.
    pub(super) fn len(&self) -> usize {
        self.ready.len() + self.delayed.len() + self.given.len()
    }

    /// Gives the next message, the oldest one first unless a fault has it otherwise.
    pub(super) fn give(&mut self, to: u64, now: Instant, faults: &mut Faults) -> Option<Handout> {
        self.refresh(now);
        let own = self.given.values().filter(|given| given.to == to).count();
        if own >= self.subscription.in_flight.max(1) {
            return None;
        }
        let at = faults.choose(self.ready.len().min(REORDERED));
        let position = *self.ready.iter().nth(at)?;
        self.ready.remove(&position);
        let attempt = self.attempts.entry(position).or_default();
        *attempt = attempt.saturating_add(1);
        let attempt = *attempt;
        let until = now + self.subscription.ack_wait;
        self.deadlines.insert((until, position));
        self.given.insert(position, Given { to, until, attempt });
        Some(Handout { position, attempt })
    }

    /// Returns when something changes without anybody's doing.
    pub(super) fn next_change(&self) -> Option<Instant> {
        let delayed = self.delayed.first().map(|(at, _)| *at);
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        delayed.into_iter().chain(deadline).min()
    }

    /// Settles a message, also one that has been given to somebody else meanwhile; returns whether
    /// it was there.
    pub(super) fn settle(&mut self, position: u64) -> bool {
        let there = self.take_back(position).is_some()
            || self.ready.remove(&position)
            || self.undelay(position);
        self.attempts.remove(&position);
        self.changed.notify_waiters();
        there
    }

    fn undelay(&mut self, position: u64) -> bool {
        let key = self.delayed.iter().find(|(_, own)| *own == position);
        key.copied().is_some_and(|key| self.delayed.remove(&key))
    }

    /// Takes a message back from the one it was given to.
    pub(super) fn give_back(&mut self, handout: Handout, delay: Duration, now: Instant) {
        if !self.is_given(handout) {
            return;
        }
        self.take_back(handout.position);
        let later = now.checked_add(delay).filter(|_| !delay.is_zero());
        self.push(handout.position, later);
    }

    /// Starts `ack_wait` anew; returns whether the message is still given to the same.
    pub(super) fn renew(&mut self, handout: Handout, now: Instant) -> bool {
        self.refresh(now);
        let wait = self.subscription.ack_wait;
        match self.given.get_mut(&handout.position) {
            Some(given) if given.attempt == handout.attempt => {
                self.deadlines.remove(&(given.until, handout.position));
                given.until = now + wait;
                self.deadlines.insert((given.until, handout.position));
                true
            }
            _ => false,
        }
    }

    /// Loses all consumers, and takes back what they have.
    pub(super) fn disconnect(&mut self) {
        self.generation += 1;
        self.deadlines.clear();
        self.ready
            .extend(self.given.drain().map(|(position, _)| position));
        self.changed.notify_waiters();
    }

    fn is_given(&self, handout: Handout) -> bool {
        let given = self.given.get(&handout.position);
        given.is_some_and(|given| given.attempt == handout.attempt)
    }

    fn take_back(&mut self, position: u64) -> Option<Given> {
        let given = self.given.remove(&position)?;
        self.deadlines.remove(&(given.until, position));
        Some(given)
    }

    /// Makes ready what has waited long enough, and what nobody has said a word about.
    fn refresh(&mut self, now: Instant) {
        while let Some((at, position)) = self.delayed.first().copied()
            && at <= now
        {
            self.delayed.remove(&(at, position));
            self.ready.insert(position);
        }
        while let Some((at, position)) = self.deadlines.first().copied()
            && at <= now
        {
            self.take_back(position);
            self.ready.insert(position);
        }
    }
}
