//! What a service remembers of the events it has handled.

use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use eventkit::BoxError;
use eventkit::transport::BoxFuture;
use eventkit::transport::backoff::FAR_FUTURE;

/// Names one event at one handler: two events of the same source and id are one (core spec,
/// 3.1.1), and each handler has to see it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct InboxKey<'a> {
    /// The source of the event.
    pub source: &'a str,
    /// The id of the event.
    pub id: &'a str,
    /// The durable name of the handler's subscription.
    pub handler: &'a str,
}

impl<'a> InboxKey<'a> {
    /// Makes a key.
    #[must_use]
    pub fn new(source: &'a str, id: &'a str, handler: &'a str) -> Self {
        Self {
            source,
            id,
            handler,
        }
    }
}

/// Says whether a handler may run for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// It may, and nobody else may until the claim is completed, released, or its lease ends.
    Granted,
    /// It is running already, here or elsewhere.
    Taken,
    /// It has succeeded.
    Done,
}

/// Is implemented by what remembers which events a handler has handled.
///
/// With an inbox an event that comes again within the window of the store runs no handler twice:
/// not where its acknowledgement got lost, not where a broker sends it to two processes. A process
/// that dies between the end of a handler and [`complete`](Inbox::complete) leaves it open whether
/// the handler had succeeded, and the event runs once more after the lease.
pub trait Inbox: Debug + Send + Sync {
    /// Asks to run a handler for an event; a claim that is granted ends by itself after a lease.
    ///
    /// # Errors
    ///
    /// Where the store cannot tell; the event is tried again later.
    fn claim<'a>(
        &'a self,
        key: InboxKey<'a>,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, BoxError>>;

    /// Remembers that the handler has succeeded.
    ///
    /// # Errors
    ///
    /// Where the store could not be told.
    fn complete<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>>;

    /// Gives a claim up: the handler has failed, or has not run.
    ///
    /// # Errors
    ///
    /// Where the store could not be told; the claim then ends with its lease.
    fn release<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>>;
}

/// Is an [`Inbox`] in the memory of the program: for duplicates that one process sees.
///
/// Its times are those of `tokio::time`. A clone is the same inbox.
///
/// ```
/// use std::time::Duration;
/// use eventkit_service::{Claim, Inbox, InboxKey, MemoryInbox};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let inbox = MemoryInbox::new().window(Duration::from_secs(600));
/// let key = InboxKey::new("/shop", "A-1", "billing--receipt");
/// let lease = Duration::from_secs(60);
/// assert_eq!(inbox.claim(key, lease).await?, Claim::Granted);
/// assert_eq!(inbox.claim(key, lease).await?, Claim::Taken);
/// inbox.complete(key).await?;
/// assert_eq!(inbox.claim(key, lease).await?, Claim::Done);
/// # Ok::<(), eventkit::BoxError>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemoryInbox {
    window: Duration,
    capacity: usize,
    entries: Arc<Mutex<Entries>>,
}

type Key = Arc<(String, String, String)>;

#[derive(Debug, Default)]
struct Entries {
    states: HashMap<Key, State>,
    /// The completed ones, the oldest first.
    done: VecDeque<(Instant, Key)>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Taken { until: Instant },
    Done,
}

impl MemoryInbox {
    /// Makes an inbox that remembers an hour, and at most 100,000 events.
    #[must_use]
    pub fn new() -> Self {
        Self {
            window: Duration::from_hours(1),
            capacity: 100_000,
            entries: Arc::default(),
        }
    }

    /// Sets how long it remembers an event.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Sets how many events it remembers; it forgets the oldest for a new one.
    #[must_use]
    pub fn capacity(mut self, events: usize) -> Self {
        self.capacity = events;
        self
    }

    fn with<T>(&self, change: impl FnOnce(&mut Entries, Instant) -> T) -> T {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        entries.forget(self.capacity, |at| now.duration_since(at) >= self.window);
        change(&mut entries, now)
    }
}

impl Entries {
    fn forget(&mut self, capacity: usize, is_old: impl Fn(Instant) -> bool) {
        while let Some((at, _)) = self.done.front()
            && (self.done.len() > capacity || is_old(*at))
        {
            if let Some((_, key)) = self.done.pop_front() {
                self.states.remove(&key);
            }
        }
    }
}

impl Default for MemoryInbox {
    fn default() -> Self {
        Self::new()
    }
}

fn owned(key: InboxKey<'_>) -> Key {
    Key::new((
        key.source.to_owned(),
        key.id.to_owned(),
        key.handler.to_owned(),
    ))
}

impl Inbox for MemoryInbox {
    fn claim<'a>(
        &'a self,
        key: InboxKey<'a>,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, BoxError>> {
        Box::pin(async move {
            Ok(self.with(|entries, now| {
                let key = owned(key);
                match entries.states.get(&key) {
                    Some(State::Done) => Claim::Done,
                    Some(State::Taken { until }) if *until > now => Claim::Taken,
                    _ => {
                        let until = now + lease.min(FAR_FUTURE);
                        entries.states.insert(key, State::Taken { until });
                        Claim::Granted
                    }
                }
            }))
        })
    }

    fn complete<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            self.with(|entries, now| {
                let key = owned(key);
                let before = entries.states.insert(Key::clone(&key), State::Done);
                if !matches!(before, Some(State::Done)) {
                    entries.done.push_back((now, key));
                }
            });
            Ok(())
        })
    }

    fn release<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            self.with(|entries, _| {
                let key = owned(key);
                if let Some(State::Taken { .. }) = entries.states.get(&key) {
                    entries.states.remove(&key);
                }
            });
            Ok(())
        })
    }
}
