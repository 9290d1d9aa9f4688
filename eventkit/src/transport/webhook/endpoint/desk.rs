//! Where requests and consumers meet.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::history::{History, Past};
use super::key::{Key, Keys};
use super::queue::{Answer, Handout, Outcome, Queue, Removed};
use crate::__private::service as dispatch;
use crate::event::Event;
use crate::transport::backoff::later;
use crate::transport::{Subscription, TransportError, TransportErrorKind};

/// The subscriptions of an endpoint, and what it remembers.
#[derive(Debug)]
pub(super) struct Desk {
    /// How many subscriptions have to be open.
    wanted: usize,
    closed: bool,
    queues: BTreeMap<Arc<str>, Queue>,
    history: History,
    keys: Keys,
    consumers: u64,
    handouts: u64,
}

/// What happens to an event that has come for a subscription.
#[derive(Debug)]
pub(super) enum Admission {
    /// It is known already what became of it.
    Known(Outcome),
    /// It will be told.
    Pending(Answer),
}

/// What a consumer that asks for a message gets.
#[derive(Debug)]
pub(super) enum Step {
    Message(Event, Handout),
    /// Nothing before something happens, or before a time.
    Wait(Option<Instant>),
    End,
}

impl Desk {
    pub(super) fn new(wanted: usize, remembered: usize, window: Duration) -> Self {
        Self {
            wanted,
            closed: false,
            queues: BTreeMap::new(),
            history: History::new(remembered, window),
            keys: Keys::default(),
            consumers: 0,
            handouts: 0,
        }
    }

    /// Takes no events any more. Consumers end when they have taken what waits.
    pub(super) fn close(&mut self) {
        self.closed = true;
        for queue in self.queues.values() {
            queue.changed.notify_waiters();
        }
    }

    /// Returns whether every subscription that is wanted can take events.
    pub(super) fn is_ready(&self) -> bool {
        let open = self.queues.values().filter(|queue| queue.is_open());
        !self.closed && open.count() >= self.wanted
    }

    /// Returns how many messages are not settled.
    pub(super) fn unsettled(&self) -> usize {
        self.queues.values().map(Queue::len).sum()
    }

    /// Opens a consumer. A subscription that is there takes the settings of the new one.
    pub(super) fn subscribe(
        &mut self,
        subscription: &Subscription,
    ) -> Result<(u64, Arc<Notify>), TransportError> {
        if self.closed {
            let what = "the webhook endpoint is closed";
            return Err(TransportError::new(TransportErrorKind::Closed, what));
        }
        self.consumers += 1;
        let consumer = self.consumers;
        let queue = self.declare(subscription)?;
        queue.open(consumer);
        Ok((consumer, Arc::clone(&queue.changed)))
    }

    /// Makes the queue of a subscription, or finds it: until it is open, what it wants is answered
    /// with 503.
    pub(super) fn declare(
        &mut self,
        subscription: &Subscription,
    ) -> Result<&mut Queue, TransportError> {
        for pattern in &subscription.patterns {
            dispatch::check_pattern(pattern).map_err(|reason| {
                let what = format!("{pattern:?} cannot be subscribed to: {reason}");
                TransportError::new(TransportErrorKind::Configuration, what)
            })?;
        }
        let queue = self
            .queues
            .entry(subscription.name.as_str().into())
            .or_insert_with(|| Queue::new(subscription.clone()));
        queue.subscription = subscription.clone();
        Ok(queue)
    }

    /// Closes a consumer.
    pub(super) fn leave(&mut self, subscription: &str, consumer: u64) {
        let Some(queue) = self.queues.get_mut(subscription) else {
            return;
        };
        for removed in queue.close(consumer) {
            removed.tell(Outcome::Absent);
        }
    }

    /// Returns the subscriptions that want an event.
    pub(super) fn wanting(&self, ty: &str) -> Vec<Arc<str>> {
        let wants = |queue: &Queue| {
            let mut patterns = queue.subscription.patterns.iter();
            patterns.any(|pattern| dispatch::pattern_matches(pattern, ty))
        };
        let wanting = self.queues.iter().filter(|(_, queue)| wants(queue));
        wanting.map(|(name, _)| Arc::clone(name)).collect()
    }

    /// Gives an event to a subscription, unless it has it already, has settled it, or cannot take
    /// it now.
    pub(super) fn admit(&mut self, subscription: &str, event: &Event, now: Instant) -> Admission {
        let key = self.keys.key(subscription, event);
        self.take_back_overdue(subscription, now);
        match self.history.get(key, now) {
            Some(Past::Settled) => return Admission::Known(Outcome::Settled),
            Some(Past::Failed { not_before, .. }) if not_before > now => {
                return Admission::Known(Outcome::Again(not_before));
            }
            _ => {}
        }
        let closed = self.closed;
        let Some(queue) = self.queues.get_mut(subscription) else {
            return Admission::Known(Outcome::Absent);
        };
        if let Some(answer) = queue.answer(key) {
            return Admission::Pending(answer);
        }
        if closed || !queue.is_open() {
            return Admission::Known(Outcome::Absent);
        }
        match queue.push(key, event.clone(), now) {
            Some(answer) => Admission::Pending(answer),
            None => Admission::Known(Outcome::Full),
        }
    }

    /// Gives a consumer its next message.
    pub(super) fn give(&mut self, subscription: &str, consumer: u64, now: Instant) -> Step {
        self.take_back_overdue(subscription, now);
        let Some(queue) = self.queues.get_mut(subscription) else {
            return Step::End;
        };
        let (history, handouts) = (&self.history, &mut self.handouts);
        let number = |key: Key| {
            *handouts += 1;
            (*handouts, history.attempts(key).saturating_add(1))
        };
        if let Some((event, handout)) = queue.give(consumer, now, number) {
            return Step::Message(event, handout);
        }
        if self.closed && queue.is_idle() {
            return Step::End;
        }
        Step::Wait(queue.next_deadline())
    }

    /// Settles a message, also one that has been given to somebody else meanwhile.
    pub(super) fn settle(&mut self, subscription: &str, handout: Handout, now: Instant) {
        self.history.note(handout.key, Past::Settled, now);
        let queue = self.queues.get_mut(subscription);
        if let Some(removed) = queue.and_then(|queue| queue.remove(handout.key)) {
            removed.tell(Outcome::Settled);
        }
    }

    /// Takes a message back from the one it was given to.
    pub(super) fn give_back(
        &mut self,
        subscription: &str,
        handout: Handout,
        delay: Duration,
        now: Instant,
    ) {
        let queue = self.queues.get_mut(subscription);
        if let Some(removed) = queue.and_then(|queue| queue.take_back(handout)) {
            self.fail(removed, later(now, delay), now);
        }
    }

    /// Starts `ack_wait` anew; returns whether the message is still given to the same.
    pub(super) fn renew(&mut self, subscription: &str, handout: Handout, now: Instant) -> bool {
        self.take_back_overdue(subscription, now);
        let queue = self.queues.get_mut(subscription);
        queue.is_some_and(|queue| queue.renew(handout, now))
    }

    /// Takes back what nobody has said a word about in time, and returns when to look again.
    pub(super) fn take_back_overdue(
        &mut self,
        subscription: &str,
        now: Instant,
    ) -> Option<Instant> {
        while let Some(queue) = self.queues.get_mut(subscription)
            && let Some(removed) = queue.remove_overdue(now)
        {
            self.fail(removed, now, now);
        }
        self.queues.get(subscription)?.next_deadline()
    }

    fn fail(&mut self, removed: Removed, not_before: Instant, now: Instant) {
        // What no consumer has seen was no attempt.
        if let Some(handout) = removed.handout {
            let attempts = handout.attempt;
            let past = Past::Failed {
                attempts,
                not_before,
            };
            self.history.note(removed.key, past, now);
        }
        removed.tell(Outcome::Again(not_before));
    }
}
