//! The `Inbox` trait, and an in-memory inbox.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use eventkit::BoxError;
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{BoundedMap, BoxFuture};

/// The key of an event at a handler.
///
/// Two events with the same source and id are the same event (core specification, 3.1.1), and each
/// handler must handle it once.
///
/// ```
/// use eventkit_service::InboxKey;
///
/// let key = InboxKey::new("/shop", "A-1", "shop--receipt");
/// assert_eq!(key.subscription, "shop--receipt");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct InboxKey<'a> {
    /// The source of the event.
    pub source: &'a str,
    /// The id of the event.
    pub id: &'a str,
    /// The durable name of the handler's subscription.
    pub subscription: &'a str,
}

impl<'a> InboxKey<'a> {
    /// Creates a key.
    #[must_use]
    pub fn new(source: &'a str, id: &'a str, subscription: &'a str) -> Self {
        Self {
            source,
            id,
            subscription,
        }
    }
}

/// The response of an [`Inbox`] to a claim.
///
/// [`MemoryInbox`] has an example of claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The claim is granted, and the handler may run. Other claims are refused until this one is
    /// completed or released, or its lease expires. The token is needed to renew and release it.
    Granted(ClaimToken),
    /// The handler is already running, in this process or another one.
    InProgress,
    /// The handler has already succeeded.
    Completed,
}

/// A unique token of a granted claim.
///
/// After the lease has expired, another process may claim the same event. The token ensures that
/// neither process renews or releases the claim of the other.
///
/// [`MemoryInbox`] has an example of claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClaimToken(u64);

impl ClaimToken {
    /// Creates a token for a new claim.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().as_u64_pair().1)
    }

    /// Creates a token from a number that [`get`](Self::get) returned.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the token as a number, which a store can keep with the claim.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// A store of the events that each handler has handled.
///
/// With an inbox, an event that is delivered again within the window of the store is not handled
/// twice. This also holds if its acknowledgement was lost, or if a broker delivers it to two
/// processes. If a process dies between the end of a handler and [`complete`](Inbox::complete), the
/// store cannot know that the handler succeeded. The event is then handled once more after the
/// lease has expired.
///
/// A service claims an event for twice its `ack_wait`, and renews the claim twice in each
/// `ack_wait` for as long as the handler runs.
///
/// [`MemoryInbox`] implements it, and has an example.
pub trait Inbox: Debug + Send + Sync {
    /// Claims an event for a handler; a granted claim expires after the lease.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails. The service keeps the event and claims it again after a
    /// delay; no response within 30 seconds counts as an error.
    fn claim<'a>(
        &'a self,
        key: InboxKey<'a>,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, BoxError>>;

    /// Renews a claim, so that it expires after the lease, counted from now.
    ///
    /// Returns `false` if the event was meanwhile claimed again or completed. An expired claim can
    /// be renewed as long as neither has happened.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails. The service retries after a delay; no response within
    /// 30 seconds counts as an error.
    fn renew<'a>(
        &'a self,
        key: InboxKey<'a>,
        token: ClaimToken,
        lease: Duration,
    ) -> BoxFuture<'a, Result<bool, BoxError>>;

    /// Records that the handler has succeeded, even if the claim has expired or another process has
    /// claimed the event meanwhile.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails. The service keeps the event and retries after a delay;
    /// no response within 30 seconds counts as an error.
    fn complete<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>>;

    /// Releases a claim whose handler failed or did not run. This affects neither a later claim of
    /// the event nor its completion.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails; the claim then expires with its lease.
    fn release<'a>(
        &'a self,
        key: InboxKey<'a>,
        token: ClaimToken,
    ) -> BoxFuture<'a, Result<(), BoxError>>;
}

/// An in-memory [`Inbox`], for duplicates within one process.
///
/// It measures time with `tokio::time`. Clones share their entries.
///
/// ```
/// use std::time::Duration;
/// use eventkit_service::{Claim, Inbox, InboxKey, MemoryInbox};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let inbox = MemoryInbox::new().window(Duration::from_secs(600));
/// let key = InboxKey::new("/shop", "A-1", "billing--receipt");
/// let lease = Duration::from_secs(60);
/// assert!(matches!(inbox.claim(key, lease).await?, Claim::Granted(_)));
/// assert_eq!(inbox.claim(key, lease).await?, Claim::InProgress);
/// inbox.complete(key).await?;
/// assert_eq!(inbox.claim(key, lease).await?, Claim::Completed);
/// # Ok::<(), eventkit::BoxError>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemoryInbox {
    window: Duration,
    entries: Arc<Mutex<Entries>>,
}

type Key = Arc<(String, String, String)>;

#[derive(Debug)]
struct Entries {
    claims: HashMap<Key, OpenClaim>,
    /// The time at which each handler completed an event.
    completed: BoundedMap<Key, Instant>,
}

#[derive(Debug)]
struct OpenClaim {
    token: ClaimToken,
    leased_until: Instant,
}

impl MemoryInbox {
    /// Creates an inbox that remembers up to 100,000 events for an hour each.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Duration::from_hours(1), 100_000)
    }

    /// Sets how long the inbox remembers a completed event.
    #[must_use]
    pub fn window(self, window: Duration) -> Self {
        Self { window, ..self }
    }

    /// Sets how many completed events the inbox remembers; when it is full, the oldest one is
    /// forgotten.
    ///
    /// The returned inbox is empty.
    #[must_use]
    pub fn capacity(self, events: usize) -> Self {
        Self::with(self.window, events)
    }

    fn with(window: Duration, capacity: usize) -> Self {
        let entries = Entries {
            claims: HashMap::new(),
            completed: BoundedMap::new(capacity),
        };
        Self {
            window,
            entries: Arc::new(Mutex::new(entries)),
        }
    }

    /// Calls a function with the entries that have not expired, and the current time.
    fn update<T>(&self, update: impl FnOnce(&mut Entries, Instant) -> T) -> T {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let is_expired = |at: &Instant| now.duration_since(*at) >= self.window;
        entries.completed.evict_while(is_expired);
        update(&mut entries, now)
    }
}

impl Entries {
    fn claim(&mut self, key: Key, lease: Duration, now: Instant) -> Claim {
        if self.completed.contains_key(&key) {
            return Claim::Completed;
        }
        let open = self.claims.get(&key);
        if open.is_some_and(|open| open.leased_until > now) {
            return Claim::InProgress;
        }
        let token = ClaimToken::random();
        let leased_until = now + lease.min(FAR_FUTURE);
        let open = OpenClaim {
            token,
            leased_until,
        };
        self.claims.insert(key, open);
        Claim::Granted(token)
    }

    fn renew(&mut self, key: &Key, token: ClaimToken, lease: Duration, now: Instant) -> bool {
        let open = self.claims.get_mut(key);
        let Some(open) = open.filter(|open| open.token == token) else {
            return false;
        };
        open.leased_until = now + lease.min(FAR_FUTURE);
        true
    }

    fn release(&mut self, key: &Key, token: ClaimToken) {
        if self.claims.get(key).is_some_and(|open| open.token == token) {
            self.claims.remove(key);
        }
    }

    fn complete(&mut self, key: Key, now: Instant) {
        self.claims.remove(&key);
        if !self.completed.contains_key(&key) {
            self.completed.insert(key, now);
        }
    }
}

impl Default for MemoryInbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Inbox for MemoryInbox {
    fn claim<'a>(
        &'a self,
        key: InboxKey<'a>,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, BoxError>> {
        Box::pin(
            async move { Ok(self.update(|entries, now| entries.claim(owned(key), lease, now))) },
        )
    }

    fn renew<'a>(
        &'a self,
        key: InboxKey<'a>,
        token: ClaimToken,
        lease: Duration,
    ) -> BoxFuture<'a, Result<bool, BoxError>> {
        Box::pin(async move {
            Ok(self.update(|entries, now| entries.renew(&owned(key), token, lease, now)))
        })
    }

    fn complete<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            self.update(|entries, now| entries.complete(owned(key), now));
            Ok(())
        })
    }

    fn release<'a>(
        &'a self,
        key: InboxKey<'a>,
        token: ClaimToken,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            self.update(|entries, _| entries.release(&owned(key), token));
            Ok(())
        })
    }
}

fn owned(key: InboxKey<'_>) -> Key {
    Key::new((
        key.source.to_owned(),
        key.id.to_owned(),
        key.subscription.to_owned(),
    ))
}
