//! What one subscription has still to settle.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::faults::Faults;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{MessageMetadata, Subscription};

/// Out of how many messages a fault chooses the next one.
const REORDERED: usize = 16;
/// How many deadlines are never too many.
const FEW: usize = 64;

/// The messages of a subscription, by their position in the store.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) subscription: Subscription,
    /// Those that can be given now, in order.
    ready: VecDeque<u64>,
    /// Those that can be given later.
    delayed: BTreeSet<(Instant, u64)>,
    /// Those that have been given and are not settled.
    given: Positions<Given>,
    /// When each of the given ones is taken back, in order; of those settled since, too.
    deadlines: VecDeque<(Instant, u64)>,
    /// How many messages each consumer holds.
    held: Vec<(u64, usize)>,
    /// How often each that has been given back was given before.
    attempts: Positions<u32>,
    /// Consumers of an earlier one are lost.
    pub(super) generation: u64,
    pub(super) changed: Arc<Notify>,
}

/// A map by the position of a message in the store.
pub(super) type Positions<T> = HashMap<u64, T, foldhash::fast::FixedState>;

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

impl Handout {
    /// Finds what was given by what is told of it; positions start with 1.
    pub(super) fn of(message: MessageMetadata) -> Self {
        Self {
            position: message.position.unwrap_or_default(),
            attempt: message.delivery_count,
        }
    }
}

impl Queue {
    pub(super) fn new(subscription: Subscription) -> Self {
        Self {
            subscription,
            ready: VecDeque::new(),
            delayed: BTreeSet::new(),
            given: Positions::default(),
            deadlines: VecDeque::new(),
            held: Vec::new(),
            attempts: Positions::default(),
            generation: 0,
            changed: Arc::default(),
        }
    }

    /// Adds a message, to be given at once or later.
    pub(super) fn push(&mut self, position: u64, at: Option<Instant>) {
        match at {
            None => insert(&mut self.ready, position),
            Some(at) => drop(self.delayed.insert((at, position))),
        }
        self.changed.notify_waiters();
    }

    /// Returns how many messages are not settled.
    pub(super) fn len(&self) -> usize {
        self.ready.len() + self.delayed.len() + self.given.len()
    }

    /// Gives the next message, the oldest one first unless a fault has it otherwise.
    pub(super) fn give(&mut self, to: u64, now: Instant, faults: &mut Faults) -> Option<Handout> {
        self.refresh(now);
        let own = self.held.iter().position(|(id, _)| *id == to);
        let count = own.map_or(0, |own| self.held[own].1);
        if count >= self.subscription.max_in_flight.max(1) {
            return None;
        }
        let at = faults.choose(self.ready.len().min(REORDERED));
        let position = self.ready.remove(at)?;
        match own {
            Some(own) => self.held[own].1 += 1,
            None => self.held.push((to, 1)),
        }
        let attempt = self.attempts.remove(&position).unwrap_or(0);
        let attempt = attempt.saturating_add(1);
        let until = now + self.subscription.ack_wait.min(FAR_FUTURE);
        insert(&mut self.deadlines, (until, position));
        self.given.insert(position, Given { to, until, attempt });
        Some(Handout { position, attempt })
    }

    /// Returns when something changes without anybody's doing.
    pub(super) fn next_change(&self) -> Option<Instant> {
        let delayed = self.delayed.first().map(|(at, _)| *at);
        let deadline = self.deadlines.front().map(|(at, _)| *at);
        delayed.into_iter().chain(deadline).min()
    }

    /// Settles a message, also one that has been given to somebody else meanwhile; returns whether
    /// it was there.
    pub(super) fn settle(&mut self, position: u64) -> bool {
        let there = self.take_back(position).is_some()
            || remove(&mut self.ready, &position)
            || self.undelay(position);
        if !self.attempts.is_empty() {
            self.attempts.remove(&position);
        }
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
        self.attempts.insert(handout.position, handout.attempt);
        let later = (!delay.is_zero()).then(|| now + delay.min(FAR_FUTURE));
        self.push(handout.position, later);
    }

    /// Starts `ack_wait` anew; returns whether the message is still given to the same.
    pub(super) fn renew(&mut self, handout: Handout, now: Instant) -> bool {
        self.refresh(now);
        let wait = self.subscription.ack_wait;
        match self.given.get_mut(&handout.position) {
            Some(given) if given.attempt == handout.attempt => {
                given.until = now + wait.min(FAR_FUTURE);
                insert(&mut self.deadlines, (given.until, handout.position));
                self.forget_deadlines();
                true
            }
            _ => false,
        }
    }

    /// Loses all consumers, and takes back what they have.
    pub(super) fn disconnect(&mut self) {
        self.generation += 1;
        self.deadlines.clear();
        self.held.clear();
        for (position, given) in self.given.drain() {
            self.attempts.insert(position, given.attempt);
            insert(&mut self.ready, position);
        }
        self.changed.notify_waiters();
    }

    fn is_given(&self, handout: Handout) -> bool {
        let given = self.given.get(&handout.position);
        given.is_some_and(|given| given.attempt == handout.attempt)
    }

    fn take_back(&mut self, position: u64) -> Option<Given> {
        let given = self.given.remove(&position)?;
        if let Some(own) = self.held.iter().position(|(id, _)| *id == given.to) {
            if self.held[own].1 >= self.subscription.max_in_flight.max(1) {
                // Its consumer may wait for room.
                self.changed.notify_waiters();
            }
            self.held[own].1 -= 1;
            if self.held[own].1 == 0 {
                self.held.swap_remove(own);
            }
        }
        self.forget_deadlines();
        Some(given)
    }

    /// Makes ready what has waited long enough, and what nobody has said a word about.
    fn refresh(&mut self, now: Instant) {
        while let Some((at, position)) = self.delayed.first().copied()
            && at <= now
        {
            self.delayed.remove(&(at, position));
            insert(&mut self.ready, position);
        }
        while let Some((at, position)) = self.deadlines.front().copied()
            && at <= now
        {
            if let Some(given) = self.take_back(position) {
                self.attempts.insert(position, given.attempt);
                insert(&mut self.ready, position);
            }
        }
    }

    /// Forgets deadlines that are no longer those of their messages: the first ones at once, so that
    /// the first is always one that counts, and others before they are too many.
    fn forget_deadlines(&mut self) {
        let given = &self.given;
        let counts = |(until, position): &(Instant, u64)| {
            given.get(position).is_some_and(|own| own.until == *until)
        };
        while self.deadlines.front().is_some_and(|first| !counts(first)) {
            self.deadlines.pop_front();
        }
        if self.deadlines.len() > 2 * given.len() + FEW {
            self.deadlines.retain(counts);
        }
    }
}

/// Puts an element where it belongs in an order; nearly always that is the end.
fn insert<T: Ord>(sorted: &mut VecDeque<T>, element: T) {
    if sorted.back().is_none_or(|last| *last < element) {
        sorted.push_back(element);
    } else if let Err(at) = sorted.binary_search(&element) {
        sorted.insert(at, element);
    }
}

/// Removes an element from an order, and returns whether it was there.
fn remove<T: Ord>(sorted: &mut VecDeque<T>, element: &T) -> bool {
    let at = sorted.binary_search(element);
    at.is_ok_and(|at| sorted.remove(at).is_some())
}
