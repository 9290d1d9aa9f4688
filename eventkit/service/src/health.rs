//! How a service is, and what it has done.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use eventkit::event::Timestamp;

/// Looks at a running service, and stops it; a clone is for the same service.
///
/// ```
/// use eventkit_service::Service;
/// use eventkit::transport::Publisher;
/// use eventkit_service::memory::Memory;
/// use eventkit::{Dispatcher, Event, Registry};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.named("log").register("*", |event: &Event| println!("{event}"));
///
/// let memory = Memory::new();
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = Service::new("shop", &app).transport(memory.clone()).build()?;
/// let handle = service.handle();
/// let running = tokio::spawn(service.run_until(std::future::pending()));
///
/// handle.ready().await;
/// memory.publish(&Event::builder().source("/shop").ty("opened").build()?).await?;
/// while handle.health().counters().succeeded == 0 {
///     tokio::task::yield_now().await;
/// }
/// assert!(handle.is_ready());
/// assert_eq!(handle.health().subscriptions[0].name, "shop--log");
///
/// handle.stop();
/// assert_eq!(running.await?.handed_back, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ServiceHandle {
    pub(super) shared: Arc<Shared>,
}

/// What the subscriptions of a service and its handles share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) vitals: Vec<Arc<Vitals>>,
    pub(super) phase: watch::Sender<Phase>,
    /// Counts changes of state, for those that wait for one.
    pub(super) changes: watch::Sender<u64>,
}

/// How far the end of a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Running,
    /// Nothing is taken or begun any more.
    Draining,
    /// What still runs is handed back.
    Cut,
}

/// Says how a service is, at one moment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Health {
    /// Each handler on each transport.
    pub subscriptions: Vec<SubscriptionHealth>,
}

/// Says how the subscription of one handler is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SubscriptionHealth {
    /// The durable name of the subscription.
    pub name: String,
    /// The path of the handler.
    pub handler: &'static str,
    /// The name of the transport.
    pub transport: String,
    /// What it is doing.
    pub state: SubscriptionState,
    /// Since when.
    pub since: Timestamp,
    /// What last went wrong with the transport, and when; it stays when it is mended.
    pub last_error: Option<Trouble>,
    /// Why dead letters cannot be stored at present; their events are kept and tried again.
    pub dead_letter_error: Option<Trouble>,
    /// How many events a sync handler is working on for longer than it may.
    pub overdue: u64,
    /// What it has done since it was started.
    pub counters: Counters,
}

/// Is something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trouble {
    /// What went wrong, with what caused it.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// Says what a subscription is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubscriptionState {
    /// It has not been open yet.
    Connecting,
    /// It takes events.
    Running,
    /// Its handler has failed too often in a row; it goes on after a pause.
    Paused,
    /// The transport was lost; it is tried again and again.
    Lost,
    /// It takes no events any more, and finishes those it has.
    Draining,
    /// It has ended.
    Stopped,
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts what a subscription has done; all but `in_flight` only grow.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64,)*
        }

        #[derive(Debug, Default)]
        pub(super) struct Counts {
            $(pub(super) $name: AtomicU64,)*
        }

        impl Counts {
            fn read(&self) -> Counters {
                Counters {
                    $($name: self.$name.load(Ordering::Relaxed),)*
                }
            }
        }
    };
}

counters! {
    /// Messages that came, each time they came.
    received,
    /// Events whose handler succeeded.
    succeeded,
    /// Events that the filter of the handler left out, or that were not for this handler.
    filtered,
    /// Attempts that failed and are followed by another.
    retried,
    /// Events and messages that became dead letters.
    dead_lettered,
    /// Events that were forgotten, as their policy or error asks for.
    dropped,
    /// Events that were known to be done with when they came again: the handler did not run.
    duplicates,
    /// Messages that were given back at the end, not having been handled.
    handed_back,
    /// Messages of which the transport did not confirm how they were settled.
    unconfirmed,
    /// Messages that are being handled, or wait for it.
    in_flight,
}

impl Counts {
    pub(super) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn take(counter: &AtomicU64) {
        counter.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The live side of a [`SubscriptionHealth`].
#[derive(Debug)]
pub(super) struct Vitals {
    pub(super) name: String,
    pub(super) handler: &'static str,
    transport: String,
    pub(super) counts: Counts,
    pub(super) overdue: AtomicU64,
    condition: Mutex<Condition>,
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct Condition {
    state: SubscriptionState,
    since: Timestamp,
    last_error: Option<Trouble>,
    dead_letter_error: Option<Trouble>,
}

impl Vitals {
    pub(super) fn new(
        name: String,
        handler: &'static str,
        transport: String,
        changes: watch::Sender<u64>,
    ) -> Self {
        Self {
            name,
            handler,
            transport,
            counts: Counts::default(),
            overdue: AtomicU64::new(0),
            condition: Mutex::new(Condition {
                state: SubscriptionState::Connecting,
                since: Timestamp::now(),
                last_error: None,
                dead_letter_error: None,
            }),
            changes,
        }
    }

    pub(super) fn enter(&self, state: SubscriptionState) {
        let mut condition = self.lock();
        if condition.state != state {
            condition.state = state;
            condition.since = Timestamp::now();
            drop(condition);
            self.changed();
        }
    }

    pub(super) fn trouble(&self, error: &dyn std::error::Error) {
        self.lock().last_error = Some(Trouble::new(error));
        self.changed();
    }

    pub(super) fn dead_letter_trouble(&self, error: Option<&dyn std::error::Error>) {
        let mut condition = self.lock();
        if error.is_some() || condition.dead_letter_error.is_some() {
            condition.dead_letter_error = error.map(Trouble::new);
            drop(condition);
            self.changed();
        }
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Condition> {
        self.condition
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn health(&self) -> SubscriptionHealth {
        let condition = self.lock();
        SubscriptionHealth {
            name: self.name.clone(),
            handler: self.handler,
            transport: self.transport.clone(),
            state: condition.state,
            since: condition.since,
            last_error: condition.last_error.clone(),
            dead_letter_error: condition.dead_letter_error.clone(),
            overdue: self.overdue.load(Ordering::Relaxed),
            counters: self.counts.read(),
        }
    }
}

impl Trouble {
    fn new(error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        Self {
            message,
            at: Timestamp::now(),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.at)
    }
}

impl Health {
    /// Returns whether all subscriptions take events, and dead letters can be stored: what a
    /// readiness probe asks for.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.subscriptions.iter().all(SubscriptionHealth::is_ready)
    }

    /// Returns the sum of the counters of all subscriptions.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let all = self.subscriptions.iter().map(|own| own.counters);
        all.fold(Counters::default(), |sum, own| Counters {
            received: sum.received + own.received,
            succeeded: sum.succeeded + own.succeeded,
            filtered: sum.filtered + own.filtered,
            retried: sum.retried + own.retried,
            dead_lettered: sum.dead_lettered + own.dead_lettered,
            dropped: sum.dropped + own.dropped,
            duplicates: sum.duplicates + own.duplicates,
            handed_back: sum.handed_back + own.handed_back,
            unconfirmed: sum.unconfirmed + own.unconfirmed,
            in_flight: sum.in_flight + own.in_flight,
        })
    }
}

impl SubscriptionHealth {
    /// Returns whether it takes events, and its dead letters can be stored.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let takes = matches!(
            self.state,
            SubscriptionState::Running | SubscriptionState::Paused
        );
        takes && self.dead_letter_error.is_none()
    }
}

impl ServiceHandle {
    /// Returns how the service is now.
    #[must_use]
    pub fn health(&self) -> Health {
        let vitals = self.shared.vitals.iter();
        Health {
            subscriptions: vitals.map(|vitals| vitals.health()).collect(),
        }
    }

    /// Returns whether all subscriptions take events, and dead letters can be stored.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.health().is_ready()
    }

    /// Waits until a health is as wanted, and returns it.
    ///
    /// It is looked at whenever a subscription changes its state or has a trouble; changes of
    /// counters alone do not count.
    pub async fn wait_for(&self, mut wanted: impl FnMut(&Health) -> bool) -> Health {
        let mut changes = self.shared.changes.subscribe();
        loop {
            changes.borrow_and_update();
            let health = self.health();
            if wanted(&health) || changes.changed().await.is_err() {
                return health;
            }
        }
    }

    /// Waits until the service is ready.
    pub async fn ready(&self) {
        self.wait_for(Health::is_ready).await;
    }

    /// Begins to drain the service, as the end of the future that it runs until does.
    pub fn stop(&self) {
        self.shared.advance(Phase::Draining);
    }
}

impl Shared {
    /// Goes on to a phase, never back.
    pub(super) fn advance(&self, phase: Phase) {
        self.phase.send_if_modified(|own| {
            let later = phase > *own;
            *own = phase.max(*own);
            later
        });
    }
}
