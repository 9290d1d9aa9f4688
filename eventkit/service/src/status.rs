//! The live health of a subscription.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::time::Instant;

#[cfg(feature = "otel")]
use super::attributes::Attributes;
use super::counters::{Counter, Counters, LiveCounters};
#[cfg(feature = "otel")]
use super::destination::destination;
use super::health::{Store, SubscriptionHealth};
use super::policy::Disposition;
use super::recent_events::{MessageKey, message_key};
use super::subscription_state::{LastError, SubscriptionState};
use eventkit::event::{Event, Timestamp};
use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{BoundedMap, MessageMetadata, Subscription, Transport};

/// The maximum number of delayed messages that are tracked.
const MAX_DELAYED: usize = 10_000;

/// The live counterpart of [`SubscriptionHealth`].
#[derive(Debug)]
pub(crate) struct SubscriptionStatus {
    pub(crate) counters: LiveCounters,
    /// How often a consumer was lost.
    pub(crate) losses: AtomicU64,
    source: StatusSource,
    /// The time at which a message was last settled, in milliseconds since 1970; 0 if none was.
    last_progress: AtomicU64,
    /// Whether the last settlement failed.
    settlement_failed: AtomicBool,
    current: Mutex<CurrentHealth>,
    #[cfg(feature = "otel")]
    attributes: std::sync::OnceLock<Attributes>,
    changes: watch::Sender<u64>,
}

/// The sources of a subscription's health, in addition to its status.
#[derive(Debug)]
pub(crate) struct StatusSource {
    pub(crate) subscription: Subscription,
    /// Weak, so that a health handle does not keep the transport open.
    pub(crate) transport: Weak<dyn Transport>,
    pub(crate) overdue: Arc<Counter>,
    /// The maximum number of events that the handler works on at once.
    pub(crate) concurrency: u32,
}

#[derive(Debug)]
struct CurrentHealth {
    /// The health, without the values that come from other sources.
    health: SubscriptionHealth,
    /// The number of messages that wait for each [`Store`].
    waiting: [usize; 4],
    settlement_failed_at: Instant,
    /// The messages that were returned with a delay, each with the latest time of its next
    /// delivery.
    delayed: BoundedMap<MessageKey, Instant>,
}

impl SubscriptionStatus {
    /// Creates the status of a subscription that is connecting; each change is signalled on
    /// `changes`.
    pub(crate) fn new(
        source: StatusSource,
        handler: &'static str,
        transport: String,
        changes: watch::Sender<u64>,
    ) -> Self {
        Self {
            counters: LiveCounters::new(&changes),
            losses: AtomicU64::new(0),
            last_progress: AtomicU64::new(0),
            settlement_failed: AtomicBool::new(false),
            current: Mutex::new(CurrentHealth {
                health: SubscriptionHealth {
                    name: source.subscription.name.clone(),
                    handler,
                    transport,
                    state: SubscriptionState::Connecting,
                    since: Timestamp::now(),
                    last_error: None,
                    outgoing_error: None,
                    inbox_error: None,
                    dead_letter_error: None,
                    record_error: None,
                    settlement_error: None,
                    last_progress: None,
                    lag: None,
                    superseded: false,
                    warnings: Vec::new(),
                    delayed: 0,
                    overdue: 0,
                    stalled: false,
                    counters: Counters::default(),
                },
                waiting: [0; 4],
                settlement_failed_at: Instant::now(),
                delayed: BoundedMap::new(MAX_DELAYED),
            }),
            #[cfg(feature = "otel")]
            attributes: std::sync::OnceLock::new(),
            source,
            changes,
        }
    }

    /// Returns the attributes of the metrics of the subscription.
    #[cfg(feature = "otel")]
    pub(crate) fn attributes(&self) -> &Attributes {
        self.attributes.get_or_init(|| {
            let transport = self.source.transport.upgrade();
            Attributes::new(self.name(), transport.as_deref().map(destination))
        })
    }

    #[cfg(feature = "otel")]
    pub(crate) fn state(&self) -> SubscriptionState {
        self.lock().health.state
    }

    /// Returns the durable name of the subscription.
    pub(crate) fn name(&self) -> &str {
        &self.source.subscription.name
    }

    pub(crate) fn enter(&self, state: SubscriptionState) {
        let mut current = self.lock();
        if current.health.state != state {
            current.health.state = state;
            current.health.since = Timestamp::now();
            drop(current);
            self.notify();
        }
    }

    pub(crate) fn set_last_error(&self, error: &dyn Error) {
        self.lock().health.last_error = Some(LastError::new(error));
        self.notify();
    }

    /// Counts a message that begins to wait for a store.
    pub(crate) fn begin_wait(&self, store: Store) {
        self.lock().waiting[store as usize] += 1;
    }

    /// Sets the error of a store that messages wait for.
    pub(crate) fn set_store_error(&self, store: Store, error: &dyn Error) {
        let error = LastError::new(error);
        let mut current = self.lock();
        *current.health.store_error(store) = Some(error.clone());
        current.health.last_error = Some(error);
        drop(current);
        self.notify();
    }

    /// Counts a message that no longer waits for a store; after the last one, the error is cleared.
    pub(crate) fn end_wait(&self, store: Store) {
        let mut current = self.lock();
        let waiting = &mut current.waiting[store as usize];
        *waiting -= 1;
        if *waiting == 0 {
            *current.health.store_error(store) = None;
            drop(current);
            self.notify();
        }
    }

    /// Records that the transport confirmed a settlement.
    pub(crate) fn confirm_settlement(&self, disposition: Disposition) {
        if disposition.is_done() {
            let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
            let millis = since_epoch.map_or(0, |time| time.as_millis());
            let millis = u64::try_from(millis).unwrap_or(u64::MAX);
            self.last_progress.store(millis, Ordering::Relaxed);
        }
        // Usually the last settlement has not failed, and no lock is needed.
        if self.settlement_failed.load(Ordering::Relaxed) {
            self.settlement_failed.store(false, Ordering::Relaxed);
            self.lock().health.settlement_error = None;
            self.notify();
        }
    }

    /// Sets the error of a settlement that the transport did not confirm.
    pub(crate) fn set_settlement_error(&self, error: &dyn Error) {
        let error = LastError::new(error);
        let mut current = self.lock();
        current.health.settlement_error = Some(error.clone());
        current.health.last_error = Some(error);
        current.settlement_failed_at = Instant::now();
        drop(current);
        self.settlement_failed.store(true, Ordering::Relaxed);
        self.notify();
    }

    /// Counts a message that is returned with a delay.
    pub(crate) fn note_delay(&self, event: &Event, message: MessageMetadata, delay: Duration) {
        let ack_wait = self.source.subscription.ack_wait;
        let until = delay.max(ack_wait).min(FAR_FUTURE) + ack_wait;
        let key = message_key(event, message.position);
        self.lock().delayed.insert(key, Instant::now() + until);
    }

    /// Stops counting a message as delayed, if it was.
    pub(crate) fn note_delivery(&self, event: &Event, message: MessageMetadata) {
        if message.delivery_count > 1 {
            let key = message_key(event, message.position);
            self.lock().delayed.remove(&key);
        }
    }

    pub(crate) fn health(&self) -> SubscriptionHealth {
        let StatusSource {
            subscription,
            transport,
            overdue,
            concurrency,
        } = &self.source;
        let ack_wait = subscription.ack_wait;
        let transport = transport.upgrade();
        let known = transport.map(|transport| transport.subscription_status(subscription));
        let known = known.unwrap_or_default();
        let overdue = overdue.get();
        let now = Instant::now();
        let mut current = self.lock();
        // Messages that should have been delivered again by now may be with another process.
        current.delayed.retain(|until| *until > now);
        let mut health = SubscriptionHealth {
            lag: known.lag,
            superseded: known.superseded,
            warnings: known.warnings,
            delayed: current.delayed.len() as u64,
            overdue,
            stalled: overdue >= u64::from(*concurrency),
            last_progress: self.last_progress(),
            counters: self.counters.read(),
            ..current.health.clone()
        };
        // The message of the failed settlement would have been delivered again by now, here or
        // elsewhere.
        if now.duration_since(current.settlement_failed_at) > ack_wait * 2 {
            health.settlement_error = None;
        }
        health
    }

    fn last_progress(&self) -> Option<Timestamp> {
        let millis = self.last_progress.load(Ordering::Relaxed);
        (millis > 0).then(|| (UNIX_EPOCH + Duration::from_millis(millis)).into())
    }

    fn notify(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, CurrentHealth> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
