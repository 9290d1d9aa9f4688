//! The messages of one key: the one whose turn it is, those that wait for their turn, and those
//! that were returned to the transport.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use eventkit::transport::backoff::FAR_FUTURE;

/// How often the loss of a consumer may postpone the time at which a returned message is forgotten.
/// If it is not received again, another process may have it.
const MAX_EXTENSIONS: u8 = 8;

/// The unfinished messages of one key that this process has received.
#[derive(Debug, Default)]
pub(crate) struct KeyQueue {
    holder: Option<Holder>,
    /// Sorted by position, or by arrival if positions are equal or unknown.
    waiters: VecDeque<Waiter>,
    /// The messages that were returned to the transport, by position.
    away: BTreeMap<u64, Away>,
    stall: Option<Stall>,
}

/// The message whose turn it is.
#[derive(Debug)]
struct Holder {
    ticket: u64,
    position: Option<u64>,
    /// Wakes the message; present while it waits for its next attempt.
    resting: Option<Arc<Notify>>,
}

#[derive(Debug)]
struct Waiter {
    ticket: u64,
    position: Option<u64>,
    wake: Arc<Notify>,
}

#[derive(Debug, Clone, Copy)]
struct Away {
    /// The time at which the message is forgotten: if it was not received again, another process
    /// has it.
    forget_at: Instant,
    /// The time of the next attempt, if one failed.
    retry_at: Option<Instant>,
    /// How often the loss of a consumer may still postpone `forget_at`.
    extensions: u8,
}

/// The limits on the messages that a stalled key keeps in this process.
#[derive(Debug, Clone, Copy)]
struct Stall {
    since: Instant,
    max_waiters: usize,
    /// Whether even the message whose turn it is may be returned while it waits for its next
    /// attempt.
    returns_holder: bool,
}

/// The state of a message in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Acquired,
    /// The message waits. If there is a time, the caller must check the state again at that time.
    Waiting(Option<Instant>),
    /// The message must be returned to the transport.
    Relieved,
}

impl KeyQueue {
    /// Creates the queue of a key with one message, which has the turn.
    pub(crate) fn held_by(ticket: u64, position: Option<u64>) -> Self {
        Self {
            holder: Some(Holder {
                ticket,
                position,
                resting: None,
            }),
            ..Self::default()
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.holder.is_none() && self.waiters.is_empty() && self.away.is_empty()
    }

    pub(crate) fn away_count(&self) -> usize {
        self.away.len()
    }

    /// Adds a message that arrived, and returns the time before which it must not be attempted.
    ///
    /// If the key is stalled and too many messages wait, the last of them is relieved, unless too
    /// many messages have been returned.
    pub(crate) fn arrive(
        &mut self,
        ticket: u64,
        position: Option<u64>,
        wake: Arc<Notify>,
        may_relieve: bool,
    ) -> Option<Instant> {
        let returned = position.and_then(|position| self.away.remove(&position));
        let index = self
            .waiters
            .partition_point(|other| other.position <= position);
        let waiter = Waiter {
            ticket,
            position,
            wake,
        };
        self.waiters.insert(index, waiter);
        self.advance();
        if let Some(stall) = self.stall
            && may_relieve
        {
            while self.waiters.len() > stall.max_waiters && self.relieve_last() {}
        }
        returned.and_then(|away| away.retry_at)
    }

    /// Returns the state of a message.
    pub(crate) fn standing(&mut self, ticket: u64) -> Standing {
        self.advance();
        if self.is_holder(ticket) {
            return Standing::Acquired;
        }
        let mut waiters = self.waiters.iter();
        match waiters.position(|waiter| waiter.ticket == ticket) {
            // The first waiter watches for returned messages that are not received again.
            Some(0) => Standing::Waiting(self.first_away().map(|(_, away)| away.forget_at)),
            Some(_) => Standing::Waiting(None),
            None => Standing::Relieved,
        }
    }

    /// Sets or clears the wait for the next attempt, for the message whose turn it is.
    pub(crate) fn set_resting(
        &mut self,
        ticket: u64,
        wake: Option<Arc<Notify>>,
        may_relieve: bool,
    ) {
        let rests = wake.is_some();
        if let Some(holder) = self.holder.as_mut().filter(|own| own.ticket == ticket) {
            holder.resting = wake;
        }
        if rests && may_relieve && self.stall.is_some_and(|stall| stall.returns_holder) {
            self.relieve_holder();
        }
    }

    /// Removes a message that is finished.
    pub(crate) fn finish(&mut self, ticket: u64, position: Option<u64>) {
        self.stall = None;
        if let Some(position) = position {
            // Another delivery of the message may be on its way.
            self.away.remove(&position);
        }
        self.leave(ticket);
    }

    /// Limits how long the place of a relieved message is kept.
    pub(crate) fn keep_until(
        &mut self,
        position: u64,
        forget_at: Instant,
        retry_at: Option<Instant>,
    ) {
        if let Some(away) = self.away.get_mut(&position) {
            away.forget_at = forget_at;
            away.retry_at = retry_at;
        }
        self.wake_first();
    }

    /// Removes a message that is neither finished nor relieved, and keeps its place until a time.
    pub(crate) fn abandon(&mut self, ticket: u64, position: u64, forget_at: Instant) {
        self.remove(ticket);
        self.add_away(position, forget_at);
        self.leave(ticket);
    }

    /// Removes a message without keeping its place.
    pub(crate) fn leave(&mut self, ticket: u64) {
        self.remove(ticket);
        self.advance();
        self.wake_first();
    }

    /// Returns how long the key has been stalled.
    pub(crate) fn stalled_for(&self, now: Instant) -> Duration {
        let stalled = self.stall.map(|stall| now.duration_since(stall.since));
        stalled.unwrap_or_default()
    }

    /// Returns the messages that can be relieved, each as the number of messages before it.
    pub(crate) fn relievable(&self) -> impl Iterator<Item = usize> {
        let holder = self.holder.as_ref();
        let holder = holder.filter(|holder| holder.resting.is_some() && holder.position.is_some());
        let waiters = self.waiters.iter().enumerate();
        let waiters = waiters.filter(|(_, waiter)| waiter.position.is_some());
        holder
            .map(|_| 0)
            .into_iter()
            .chain(waiters.map(|(index, _)| index + 1))
    }

    /// Relieves the last message that can be relieved; from now on the key does not keep messages.
    pub(crate) fn relieve(&mut self) {
        let since = self.stall.map_or_else(Instant::now, |stall| stall.since);
        let returns_holder = if self.waiters.is_empty() {
            self.relieve_holder()
        } else {
            self.relieve_last();
            false
        };
        self.stall = Some(Stall {
            since,
            max_waiters: self.waiters.len(),
            returns_holder,
        });
    }

    /// Keeps the places of all returned messages at least until a time.
    pub(crate) fn extend(&mut self, until: Instant) {
        for away in self.away.values_mut() {
            if away.forget_at < until && away.extensions > 0 {
                away.forget_at = until;
                away.extensions -= 1;
            }
        }
    }

    /// Forgets the returned messages, so that nothing waits for them.
    pub(crate) fn forget_away(&mut self) {
        self.away.clear();
        self.advance();
        self.wake_first();
    }

    /// Forgets the returned messages that were not received again in time, and gives the turn to
    /// the first waiter if no message is before it.
    fn advance(&mut self) {
        while let Some((position, away)) = self.first_away()
            && away.forget_at <= Instant::now()
        {
            self.away.remove(&position);
        }
        if self.holder.is_some() {
            return;
        }
        let first_away = self.first_away().map(|(position, _)| position);
        let is_next = |waiter: &Waiter| match (waiter.position, first_away) {
            (Some(position), Some(away)) => position <= away,
            _ => true,
        };
        if self.waiters.front().is_some_and(is_next)
            && let Some(next) = self.waiters.pop_front()
        {
            next.wake.notify_one();
            self.holder = Some(Holder {
                ticket: next.ticket,
                position: next.position,
                resting: None,
            });
        }
    }

    fn wake_first(&self) {
        if let Some(first) = self.waiters.front() {
            first.wake.notify_one();
        }
    }

    fn is_holder(&self, ticket: u64) -> bool {
        let holder = self.holder.as_ref();
        holder.is_some_and(|holder| holder.ticket == ticket)
    }

    fn has_in_hand(&self, position: u64) -> bool {
        let holder = self.holder.as_ref().and_then(|holder| holder.position);
        let mut waiters = self.waiters.iter();
        holder == Some(position) || waiters.any(|waiter| waiter.position == Some(position))
    }

    /// Keeps the place of a message, unless another delivery of it is in the queue.
    fn add_away(&mut self, position: u64, forget_at: Instant) {
        if !self.has_in_hand(position) {
            let away = Away {
                forget_at,
                retry_at: None,
                extensions: MAX_EXTENSIONS,
            };
            self.away.insert(position, away);
        }
    }

    fn first_away(&self) -> Option<(u64, Away)> {
        let first = self.away.first_key_value();
        first.map(|(position, away)| (*position, *away))
    }

    fn remove(&mut self, ticket: u64) {
        if self.is_holder(ticket) {
            self.holder = None;
        } else {
            self.waiters.retain(|waiter| waiter.ticket != ticket);
        }
    }

    /// Relieves the last waiter, if it has a position; its guard then returns it.
    fn relieve_last(&mut self) -> bool {
        self.waiters
            .pop_back_if(|waiter| waiter.position.is_some())
            .map(|waiter| self.relieved(waiter.position, &waiter.wake))
            .is_some()
    }

    /// Relieves the message whose turn it is, if it waits for its next attempt.
    fn relieve_holder(&mut self) -> bool {
        let holder = self
            .holder
            .take_if(|holder| holder.resting.is_some() && holder.position.is_some());
        let Some(holder) = holder else {
            return false;
        };
        if let Some(wake) = holder.resting {
            self.relieved(holder.position, &wake);
        }
        true
    }

    /// Keeps the place of a relieved message until its guard has returned it.
    fn relieved(&mut self, position: Option<u64>, wake: &Notify) {
        if let Some(position) = position {
            self.add_away(position, Instant::now() + FAR_FUTURE);
        }
        wake.notify_one();
    }
}
