//! The messages, and who has still to settle them.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::faults::Faults;
use super::queue::{Handout, Positions, Queue};
use super::seen::Seen;
use crate::__private::service as dispatch;
use crate::event::Event;
use crate::transport::{
    Published, RawMessage, Subscription, TransportError, TransportErrorKind, backoff,
};

/// How many messages that no subscription wants are kept for a later one.
const UNCLAIMED: usize = 1_000;

/// What a message holds.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Event(Event),
    Raw(Arc<Raw>),
}

/// Is a message that was published as it is.
#[derive(Debug)]
pub(super) struct Raw {
    /// What stands for the event type.
    pub(super) place: String,
    pub(super) message: RawMessage,
}

impl Content {
    /// Returns the event type, or what stands for it.
    fn place(&self) -> &str {
        match self {
            Self::Event(event) => event.ty(),
            Self::Raw(raw) => &raw.place,
        }
    }
}

#[derive(Debug)]
struct Stored {
    content: Content,
    /// How many subscriptions have not settled it.
    unsettled: usize,
}

/// What a new consumer has to know.
#[derive(Debug)]
pub(super) struct Opened {
    /// The place of its queue in the store.
    pub(super) queue: usize,
    pub(super) id: u64,
    pub(super) generation: u64,
    pub(super) changed: Arc<Notify>,
}

/// What a consumer that asks for a message gets.
#[derive(Debug)]
pub(super) enum Step {
    Message(Content, Handout),
    /// Nothing before something happens, or before a time.
    Wait(Option<Instant>),
}

#[derive(Debug)]
pub(super) struct Store {
    open: bool,
    capacity: usize,
    messages: Positions<Stored>,
    unclaimed: BTreeSet<u64>,
    last: u64,
    /// They stay, so a consumer knows its own by the place.
    queues: Vec<Queue>,
    consumers: u64,
    seen: Seen,
    pub(super) faults: Faults,
}

impl Store {
    pub(super) fn new(capacity: usize, remembered: usize, faults: Faults) -> Self {
        Self {
            open: true,
            capacity,
            messages: Positions::default(),
            unclaimed: BTreeSet::new(),
            last: 0,
            queues: Vec::new(),
            consumers: 0,
            seen: Seen::new(remembered),
            faults,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn unsettled(&self, subscription: &str) -> usize {
        self.queues
            .iter()
            .find(|queue| queue.subscription.name == subscription)
            .map_or(0, Queue::len)
    }

    pub(super) fn set_open(&mut self, open: bool) {
        self.open = open;
        if !open {
            self.disconnect();
        }
    }

    pub(super) fn disconnect(&mut self) {
        self.queues.iter_mut().for_each(Queue::disconnect);
    }

    pub(super) fn publish(&mut self, content: Content) -> Result<Published, TransportError> {
        self.check_open()?;
        if self.faults.refuse_publish() {
            return Err(unavailable(
                "the message was not stored, as a fault wants it",
            ));
        }
        if self.seen.contains(&content) {
            return Ok(Published::default().duplicate(true));
        }
        let position = self.store(content.clone())?;
        self.seen.insert(&content);
        if self.faults.duplicate() {
            self.store(content)?;
        }
        if self.faults.lose_confirmation() {
            return Err(unavailable(
                "the confirmation got lost, as a fault wants it",
            ));
        }
        Ok(Published::at(position))
    }

    fn store(&mut self, content: Content) -> Result<u64, TransportError> {
        // What nobody wants takes no room from what somebody does.
        if self.messages.len() - self.unclaimed.len() >= self.capacity {
            let full = format!("the store is full: it holds {} messages", self.capacity);
            return Err(unavailable(full));
        }
        self.last += 1;
        let position = self.last;
        let delay = self.faults.delay();
        let at = delay.map(|delay| backoff::later(Instant::now(), delay));
        let mut unsettled = 0;
        for queue in &mut self.queues {
            if wants(&queue.subscription, content.place()) {
                queue.push(position, at);
                unsettled += 1;
            }
        }
        if unsettled == 0 {
            self.keep_unclaimed(position);
        }
        let stored = Stored { content, unsettled };
        self.messages.insert(position, stored);
        Ok(position)
    }

    fn keep_unclaimed(&mut self, position: u64) {
        self.unclaimed.insert(position);
        if self.unclaimed.len() > UNCLAIMED.min(self.capacity)
            && let Some(oldest) = self.unclaimed.pop_first()
        {
            self.messages.remove(&oldest);
        }
    }

    /// Opens a consumer. A subscription that is there keeps its messages, and takes the settings
    /// of the new one.
    pub(super) fn subscribe(
        &mut self,
        subscription: &Subscription,
    ) -> Result<Opened, TransportError> {
        self.check_open()?;
        let at = self.declare(subscription)?;
        let queue = &self.queues[at];
        self.consumers += 1;
        Ok(Opened {
            queue: at,
            id: self.consumers,
            generation: queue.generation,
            changed: Arc::clone(&queue.changed),
        })
    }

    /// Makes the queue of a subscription, or finds it, with what is there for it; returns its place.
    pub(super) fn declare(&mut self, subscription: &Subscription) -> Result<usize, TransportError> {
        for pattern in &subscription.patterns {
            dispatch::check_pattern(pattern).map_err(|reason| {
                let what = format!("{pattern:?} cannot be subscribed to: {reason}");
                TransportError::new(TransportErrorKind::Configuration, what)
            })?;
        }
        let is_it = |queue: &Queue| queue.subscription.name == subscription.name;
        let known = self.queues.iter().position(is_it);
        let new = known.is_none();
        let at = known.unwrap_or_else(|| {
            self.queues.push(Queue::new(subscription.clone()));
            self.queues.len() - 1
        });
        let queue = &mut self.queues[at];
        queue.subscription = subscription.clone();
        // Its consumers may have room now.
        queue.changed.notify_waiters();
        let mut positions: Vec<u64> = if new {
            self.messages.keys().copied().collect()
        } else {
            self.unclaimed.iter().copied().collect()
        };
        positions.sort_unstable();
        for position in positions {
            if let Some(stored) = self.messages.get_mut(&position)
                && wants(subscription, stored.content.place())
            {
                queue.push(position, None);
                stored.unsettled += 1;
                self.unclaimed.remove(&position);
            }
        }
        Ok(at)
    }

    /// Gives a consumer its next message.
    pub(super) fn give(
        &mut self,
        queue: usize,
        id: u64,
        generation: u64,
    ) -> Result<Step, TransportError> {
        self.check_open()?;
        let Some(queue) = self.queues.get_mut(queue) else {
            return Err(unavailable("the subscription is gone"));
        };
        if queue.generation != generation {
            return Err(unavailable("the connection of the consumer broke"));
        }
        if self.faults.disconnect() {
            queue.disconnect();
            return Err(unavailable("the connection broke, as a fault wants it"));
        }
        if let Some(handout) = queue.give(id, Instant::now(), &mut self.faults)
            && let Some(stored) = self.messages.get(&handout.position)
        {
            return Ok(Step::Message(stored.content.clone(), handout));
        }
        Ok(Step::Wait(queue.next_change()))
    }

    /// Settles a message for a subscription; an acknowledgement can be the victim of faults.
    pub(super) fn settle(
        &mut self,
        queue: usize,
        generation: u64,
        position: u64,
    ) -> Result<(), TransportError> {
        let (crash, lost) = (self.faults.crash_before_ack(), self.faults.drop_ack());
        let queue = self.connected(queue, generation)?;
        if crash {
            queue.disconnect();
            return Err(unavailable("the connection broke, as a fault wants it"));
        }
        if !lost && queue.settle(position) {
            self.release(position);
        }
        Ok(())
    }

    /// Returns the queue of a consumer whose connection has not broken.
    pub(super) fn connected(
        &mut self,
        queue: usize,
        generation: u64,
    ) -> Result<&mut Queue, TransportError> {
        self.check_open()?;
        self.queues
            .get_mut(queue)
            .filter(|queue| queue.generation == generation)
            .ok_or_else(|| unavailable("the connection that the message came over broke"))
    }

    fn release(&mut self, position: u64) {
        if let Some(stored) = self.messages.get_mut(&position) {
            stored.unsettled -= 1;
            if stored.unsettled == 0 {
                self.messages.remove(&position);
            }
        }
    }

    fn check_open(&self) -> Result<(), TransportError> {
        if self.open {
            Ok(())
        } else {
            Err(unavailable("the memory transport is closed"))
        }
    }
}

fn wants(subscription: &Subscription, place: &str) -> bool {
    let mut patterns = subscription.patterns.iter();
    patterns.any(|pattern| dispatch::pattern_matches(pattern, place))
}

pub(super) fn unavailable(what: impl Into<String>) -> TransportError {
    TransportError::new(TransportErrorKind::Unavailable, what)
}
