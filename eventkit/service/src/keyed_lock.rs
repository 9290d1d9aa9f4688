//! A lock for each key: messages of a key are handled one after another. Messages of an ordering
//! key are handled in the order of their positions.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::key_queue::{KeyQueue, Standing};
use eventkit::transport::backoff::FAR_FUTURE;

/// The minimum and maximum delay with which a waiting message is returned to the transport.
const MIN_RETURN_DELAY: Duration = Duration::from_secs(1);
const MAX_RETURN_DELAY: Duration = Duration::from_secs(30);

/// The maximum number of returned messages that keep their place in the order. No more messages
/// than that are returned.
const MAX_AWAY: usize = 10_000;

/// The locks of all keys with unfinished messages.
///
/// Keys are stored as hashes with a random seed per process: two keys with the same hash merely
/// wait for each other.
#[derive(Debug)]
pub(crate) struct KeyedLock {
    hasher: foldhash::quality::RandomState,
    /// The time after which a returned message that was not received again counts as received by
    /// another process.
    ack_wait: Duration,
    keys: Mutex<Keys>,
}

#[derive(Debug, Default)]
struct Keys {
    /// The queue of each key that has unfinished messages.
    queues: HashMap<u64, KeyQueue, foldhash::fast::FixedState>,
    last_ticket: u64,
    /// The number of messages that are returned and not received again, across all keys.
    away: usize,
    /// Whether the service has stopped receiving messages.
    is_draining: bool,
}

/// The key that a message locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LockKey<'a> {
    /// The ordering key: the event waits for earlier events with the same key.
    Ordering(&'a str),
    /// The source and id of the event: a redelivery waits until the current delivery is finished.
    Event(&'a str, &'a str),
}

/// The next step for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Attempt it.
    Now,
    /// Return it to the transport with this delay, to make room for events of other keys. It keeps
    /// its place: no later event of its key overtakes it.
    Later(Duration),
}

/// The place of an event in the queue of its key. Dropping the guard gives the turn to the next
/// event. The exception is an ordered event that is not [finished](Self::finish): its place is kept
/// until it is delivered again.
#[derive(Debug, Default)]
pub(crate) struct KeyGuard {
    entry: Option<QueueEntry>,
    is_ordered: bool,
    /// The time before which the event must not be attempted.
    retry_at: Option<Instant>,
}

#[derive(Debug)]
struct QueueEntry {
    lock: Arc<KeyedLock>,
    key: u64,
    ticket: u64,
    /// The position in the order; `None` if events are ordered by their arrival.
    position: Option<u64>,
    /// Wakes the waiting event; present once it has waited.
    wake: Option<Arc<Notify>>,
    is_acquired: bool,
    is_finished: bool,
    /// Whether the event was returned to the transport and keeps its place.
    is_away: bool,
}

impl KeyedLock {
    pub(crate) fn new(ack_wait: Duration) -> Self {
        Self {
            hasher: foldhash::quality::RandomState::default(),
            ack_wait: ack_wait.min(FAR_FUTURE),
            keys: Mutex::default(),
        }
    }

    /// Joins the queue of a key; without a key, the event need not wait.
    pub(crate) fn enqueue(
        self: &Arc<Self>,
        key: Option<LockKey<'_>>,
        position: Option<u64>,
    ) -> KeyGuard {
        let Some(key) = key else {
            return KeyGuard::default();
        };
        let is_ordered = matches!(key, LockKey::Ordering(_));
        let position = position.filter(|_| is_ordered);
        let key = self.hasher.hash_one(key);
        let mut keys = self.lock();
        keys.last_ticket += 1;
        let ticket = keys.last_ticket;
        let mut retry_at = None;
        let mut wake = None;
        if let Entry::Vacant(free) = keys.queues.entry(key) {
            free.insert(KeyQueue::held_by(ticket, position));
        } else {
            let own = wake.insert(Arc::new(Notify::new()));
            let may_relieve = keys.may_relieve();
            retry_at = keys
                .change(key, |queue| {
                    queue.arrive(ticket, position, Arc::clone(own), may_relieve)
                })
                .flatten();
        }
        drop(keys);
        let entry = QueueEntry {
            lock: Arc::clone(self),
            key,
            ticket,
            position,
            is_acquired: wake.is_none(),
            wake,
            is_finished: false,
            is_away: false,
        };
        KeyGuard {
            entry: Some(entry),
            is_ordered,
            retry_at,
        }
    }

    /// Returns up to `count` messages to the transport that wait for others of their key and keep
    /// those of other keys from being received. Messages with the most others before them are
    /// returned first.
    pub(crate) fn relieve(&self, count: usize) {
        let mut keys = self.lock();
        let mut waiting: Vec<(usize, u64)> = keys
            .queues
            .iter()
            .flat_map(|(key, queue)| queue.relievable().map(|before| (before, *key)))
            .collect();
        waiting.sort_unstable_by_key(|(before, _)| Reverse(*before));
        for (_, key) in waiting.into_iter().take(count) {
            if !keys.may_relieve() {
                return;
            }
            keys.change(key, KeyQueue::relieve);
        }
    }

    /// Keeps the places of all returned messages for another `ack_wait`, because their consumer was
    /// lost.
    pub(crate) fn extend(&self) {
        let until = Instant::now() + self.ack_wait;
        for queue in self.lock().queues.values_mut() {
            queue.extend(until);
        }
    }

    /// Forgets the returned messages, since no more messages are received.
    pub(crate) fn drain(&self) {
        let mut keys = self.lock();
        keys.is_draining = true;
        let all: Vec<u64> = keys.queues.keys().copied().collect();
        for key in all {
            keys.change(key, KeyQueue::forget_away);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys {
    fn may_relieve(&self) -> bool {
        self.away < MAX_AWAY && !self.is_draining
    }

    /// Changes the queue of a key, and removes the queue if it is empty afterwards.
    fn change<T>(&mut self, key: u64, change: impl FnOnce(&mut KeyQueue) -> T) -> Option<T> {
        let Entry::Occupied(mut own) = self.queues.entry(key) else {
            return None;
        };
        let queue = own.get_mut();
        let before = queue.away_count();
        let changed = change(queue);
        self.away = self.away + queue.away_count() - before;
        if queue.is_empty() {
            own.remove();
        }
        Some(changed)
    }
}

impl KeyGuard {
    /// Returns whether the event is ordered with others.
    pub(crate) fn is_ordered(&self) -> bool {
        self.is_ordered
    }

    /// Returns whether the event may be attempted at once.
    pub(crate) fn is_ready(&self) -> bool {
        let is_acquired = |entry: &QueueEntry| entry.is_acquired;
        self.retry_at.is_none() && self.entry.as_ref().is_none_or(is_acquired)
    }

    /// Delays the next attempt.
    pub(crate) fn retry_after(&mut self, delay: Duration) {
        self.retry_at = Some(Instant::now() + delay.min(FAR_FUTURE));
    }

    /// Waits until all earlier events of the key are finished and the next attempt is due, or until
    /// the event must be returned.
    pub(crate) async fn wait(&mut self) -> Turn {
        let mut turn = self.wait_for_turn().await;
        if turn == Turn::Now
            && let (Some(entry), Some(retry_at)) = (&mut self.entry, self.retry_at)
        {
            turn = entry.rest(retry_at).await;
        }
        if turn == Turn::Now {
            self.retry_at = None;
        }
        turn
    }

    /// Waits until all earlier events of the key are finished, or until the event must be returned.
    pub(crate) async fn wait_for_turn(&mut self) -> Turn {
        let Some(entry) = self.entry.as_mut().filter(|entry| !entry.is_acquired) else {
            return Turn::Now;
        };
        loop {
            let at = match entry.standing() {
                Standing::Acquired => {
                    entry.is_acquired = true;
                    return Turn::Now;
                }
                Standing::Relieved => return entry.send_away(self.retry_at),
                Standing::Waiting(at) => at.unwrap_or_else(|| Instant::now() + FAR_FUTURE),
            };
            entry.woken(at).await;
        }
    }

    /// Releases the place of an event that is settled permanently.
    pub(crate) fn finish(mut self) {
        if let Some(entry) = &mut self.entry {
            entry.is_finished = true;
        }
    }
}

impl QueueEntry {
    fn standing(&self) -> Standing {
        let mut keys = self.lock.lock();
        let standing = keys.change(self.key, |queue| queue.standing(self.ticket));
        standing.unwrap_or(Standing::Acquired)
    }

    /// Waits until the state of the event may have changed, or until a time.
    async fn woken(&mut self, at: Instant) {
        let wake = self.wake.get_or_insert_default();
        // In both cases, the caller reads the state again.
        let _ = timeout_at(at, wake.notified()).await;
    }

    /// Waits until the next attempt is due, or until the event must be returned.
    async fn rest(&mut self, retry_at: Instant) -> Turn {
        if Instant::now() < retry_at {
            let wake = Arc::clone(self.wake.get_or_insert_default());
            self.set_resting(Some(wake));
        }
        while Instant::now() < retry_at && self.standing() != Standing::Relieved {
            self.woken(retry_at).await;
        }
        self.set_resting(None);
        if self.standing() == Standing::Relieved {
            return self.send_away(Some(retry_at));
        }
        Turn::Now
    }

    fn set_resting(&self, wake: Option<Arc<Notify>>) {
        let mut keys = self.lock.lock();
        let may_relieve = keys.may_relieve();
        keys.change(self.key, |queue| {
            queue.set_resting(self.ticket, wake, may_relieve);
        });
    }

    /// Records that a relieved event is returned, and returns its delay: until its next attempt, or
    /// as long as its key has stalled, but no longer than its place is kept.
    fn send_away(&mut self, retry_at: Option<Instant>) -> Turn {
        let now = Instant::now();
        let retry_at = retry_at.filter(|at| *at > now);
        let ack_wait = self.lock.ack_wait;
        self.is_acquired = false;
        self.is_away = true;
        let mut keys = self.lock.lock();
        let delay = keys.change(self.key, |queue| {
            let delay = retry_at.map_or_else(|| queue.stalled_for(now), |at| at - now);
            let delay = delay
                .max(MIN_RETURN_DELAY)
                .min(MAX_RETURN_DELAY.min(ack_wait));
            if let Some(position) = self.position {
                queue.keep_until(position, now + delay + ack_wait, retry_at);
            }
            delay
        });
        Turn::Later(delay.unwrap_or(MIN_RETURN_DELAY))
    }
}

impl Drop for QueueEntry {
    fn drop(&mut self) {
        if self.is_away {
            return;
        }
        let mut keys = self.lock.lock();
        let keeps_place = !self.is_finished && !keys.is_draining;
        let position = self.position.filter(|_| keeps_place);
        keys.change(self.key, |queue| match position {
            Some(position) => {
                // It was not returned explicitly, so it is delivered again after `ack_wait` at the
                // latest.
                let forget_at = Instant::now() + self.lock.ack_wait * 2;
                queue.abandon(self.ticket, position, forget_at);
            }
            None if self.is_finished => queue.finish(self.ticket, self.position),
            None => queue.leave(self.ticket),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const ACK_WAIT: Duration = Duration::from_secs(30);

    struct Queue(Arc<KeyedLock>);

    impl Queue {
        fn new() -> Self {
            Self(Arc::new(KeyedLock::new(ACK_WAIT)))
        }

        fn ordered(&self, key: &str, position: u64) -> KeyGuard {
            let key = Some(LockKey::Ordering(key));
            self.0.enqueue(key, Some(position))
        }
    }

    /// Returns what to do with an event; `None` if it waits.
    fn turn(guard: &mut KeyGuard) -> Option<Turn> {
        poll_once(guard.wait())
    }

    fn poll_once<F: Future>(future: F) -> Option<F::Output> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn events_of_a_key_have_their_turn_in_the_order_of_their_positions() {
        let queue = Queue::new();
        let first = queue.ordered("a", 5);
        let (mut third, mut second) = (queue.ordered("a", 9), queue.ordered("a", 7));
        assert!(first.is_ready() && queue.ordered("b", 8).is_ready());
        assert_eq!((turn(&mut third), turn(&mut second)), (None, None));
        first.finish();
        assert_eq!(turn(&mut third), None);
        assert_eq!(turn(&mut second), Some(Turn::Now));
        second.finish();
        assert_eq!(turn(&mut third), Some(Turn::Now));
    }

    #[tokio::test(start_paused = true)]
    async fn events_without_positions_have_their_turn_as_they_arrive() {
        let queue = Queue::new();
        let enqueue = || queue.0.enqueue(Some(LockKey::Event("/s", "1")), Some(1));
        let first = enqueue();
        let (second, mut third, mut fourth) = (enqueue(), enqueue(), enqueue());
        drop(first);
        // The event gets its turn, and its guard is dropped before it is polled.
        drop(second);
        assert_eq!(turn(&mut fourth), None);
        assert_eq!(turn(&mut third), Some(Turn::Now));
        queue.0.relieve(9);
        assert_eq!(turn(&mut fourth), None);
        drop(third);
        assert_eq!(turn(&mut fourth), Some(Turn::Now));
    }

    #[tokio::test(start_paused = true)]
    async fn an_unfinished_event_is_waited_for_until_it_should_have_come_back() {
        let queue = Queue::new();
        drop(queue.ordered("a", 1));
        let mut second = queue.ordered("a", 2);
        assert_eq!(turn(&mut second), None);
        let again = queue.ordered("a", 1);
        assert!(turn(&mut second).is_none());
        again.finish();
        assert_eq!(turn(&mut second), Some(Turn::Now));

        drop(second);
        let start = Instant::now();
        let mut third = queue.ordered("a", 3);
        assert_eq!(third.wait().await, Turn::Now);
        assert_eq!(start.elapsed(), ACK_WAIT * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_loss_unfinished_events_are_waited_for_again() {
        let queue = Queue::new();
        drop(queue.ordered("a", 1));
        let mut second = queue.ordered("a", 2);
        let start = Instant::now();
        tokio::time::advance(ACK_WAIT).await;
        let lock = Arc::clone(&queue.0);
        let later = tokio::spawn(async move {
            tokio::time::sleep(ACK_WAIT / 2).await;
            lock.extend();
        });
        assert_eq!(second.wait().await, Turn::Now);
        assert_eq!(start.elapsed(), ACK_WAIT * 5 / 2);
        later.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_redelivery_waits_for_the_delivery_that_is_worked_on() {
        let queue = Queue::new();
        let first = queue.ordered("a", 1);
        let (mut second, mut again) = (queue.ordered("a", 2), queue.ordered("a", 1));
        assert_eq!((turn(&mut again), turn(&mut second)), (None, None));
        drop(first);
        assert_eq!(turn(&mut second), None);
        assert_eq!(turn(&mut again), Some(Turn::Now));
        again.finish();
        assert_eq!(turn(&mut second), Some(Turn::Now));
    }

    #[tokio::test(start_paused = true)]
    async fn those_with_the_most_before_them_are_relieved_first_and_keep_their_place() {
        let queue = Queue::new();
        let _held = queue.ordered("b", 1);
        let mut other = queue.ordered("b", 2);
        let first = queue.ordered("a", 3);
        let mut waiting: Vec<KeyGuard> = (4..8).map(|at| queue.ordered("a", at)).collect();
        queue.0.relieve(2);
        let turns: Vec<_> = waiting.iter_mut().map(turn).collect();
        let later = Some(Turn::Later(Duration::from_secs(1)));
        assert_eq!(turns, [None, None, later, later]);
        assert_eq!(turn(&mut other), None);

        // While the key is stalled, it does not keep new messages, and the last one is returned.
        tokio::time::advance(Duration::from_secs(10)).await;
        let later = Some(Turn::Later(Duration::from_secs(10)));
        assert_eq!(turn(&mut queue.ordered("a", 8)), later);
        drop(waiting.drain(2..));
        first.finish();
        for mut next in waiting {
            assert_eq!(turn(&mut next), Some(Turn::Now));
            next.finish();
        }
        let (mut eighth, mut seventh) = (queue.ordered("a", 8), queue.ordered("a", 7));
        assert_eq!((turn(&mut eighth), turn(&mut seventh)), (None, None));
        queue.ordered("a", 6).finish();
        assert_eq!(turn(&mut seventh), Some(Turn::Now));
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_waits_for_its_next_attempt_is_relieved_last_and_not_attempted_early() {
        let queue = Queue::new();
        let mut first = queue.ordered("a", 1);
        let mut second = queue.ordered("a", 2);
        first.retry_after(Duration::from_secs(50));
        assert_eq!(turn(&mut first), None);
        queue.0.relieve(1);
        assert_eq!(turn(&mut first), None);
        assert!(matches!(turn(&mut second), Some(Turn::Later(_))));
        queue.0.relieve(1);
        // The delay is no longer than the place is kept.
        assert_eq!(turn(&mut first), Some(Turn::Later(ACK_WAIT)));
        drop((first, second));

        tokio::time::advance(Duration::from_secs(30)).await;
        let mut first = queue.ordered("a", 1);
        let later = Some(Turn::Later(Duration::from_secs(20)));
        assert_eq!(turn(&mut first), later);
        tokio::time::advance(Duration::from_secs(20)).await;
        let mut first = queue.ordered("a", 1);
        assert_eq!(turn(&mut first), Some(Turn::Now));
    }

    #[tokio::test(start_paused = true)]
    async fn while_it_drains_nothing_is_waited_for_that_is_away() {
        let queue = Queue::new();
        drop(queue.ordered("a", 1));
        let (mut second, mut third) = (queue.ordered("a", 2), queue.ordered("a", 3));
        assert_eq!(turn(&mut second), None);
        queue.0.drain();
        assert_eq!(
            (turn(&mut third), turn(&mut second)),
            (None, Some(Turn::Now))
        );
        drop(second);
        assert_eq!(turn(&mut third), Some(Turn::Now));
        drop(third);
        assert!(queue.0.lock().queues.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn keys_that_are_not_locked_take_no_memory() {
        let queue = Queue::new();
        let held = queue.ordered("held", 1);
        for key in 0..10_000 {
            queue.ordered(&key.to_string(), key).finish();
        }
        assert_eq!(queue.0.lock().queues.len(), 1);
        held.finish();
        assert!(queue.0.lock().queues.is_empty());
    }
}
