//! Settings of a service for the events of a handler.

use std::time::Duration;

use crate::event::Event;

/// Settings of a service for the events of a handler: retries, timeout, order, dead letters.
///
/// A setting that is absent is taken from the next wider policy. For each setting by itself, the
/// order is: the handler's own policy, from `#[handles(..)]`; the one for the type of the event; the
/// one of the service; the default.
///
/// | setting | on the attribute | default |
/// | --- | --- | --- |
/// | [`attempts`](Policy::attempts) | `retry(attempts = 5)` | 10 |
/// | [`initial_delay`](Policy::initial_delay) | `retry(initial_delay = "1s")` | 1 second |
/// | [`max_delay`](Policy::max_delay) | `retry(max_delay = "5m")` | 1 minute |
/// | [`timeout`](Policy::timeout) | `timeout = "30s"` | 30 seconds |
/// | [`concurrency`](Policy::concurrency) | `concurrency = 8` | 16 |
/// | [`key`](Policy::key) | `key = "partitionkey"` | none: no order |
/// | [`key_with`](Policy::key_with) | `key = path::to::function` | |
/// | [`circuit_breaker`](Policy::circuit_breaker) | `circuit_breaker(max_failures = 20, reset_timeout = "30s")` | none |
/// | [`on_exhausted`](Policy::on_exhausted) | `on_exhausted = "drop"` | dead letter |
///
/// ```
/// use std::time::Duration;
/// use eventkit::Policy;
///
/// const PATIENT: Policy = Policy::new().attempts(50).max_delay(Duration::from_secs(600));
/// # drop(PATIENT);
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[must_use = "a policy does nothing until a handler or a service has it"]
pub struct Policy(PolicySettings);

/// The settings of a [`Policy`] as a service reads them.
#[derive(Debug, Clone, Copy, Default)]
pub struct PolicySettings {
    /// The number of attempts.
    pub attempts: Option<u32>,
    /// The delay before the second attempt.
    pub initial_delay: Option<Duration>,
    /// The longest delay between two attempts.
    pub max_delay: Option<Duration>,
    /// The time that one attempt may take.
    pub timeout: Option<Duration>,
    /// The number of events that are handled at once.
    pub concurrency: Option<usize>,
    /// The key of events that stay in order.
    pub key: Option<OrderKey>,
    /// The number of failures that open the circuit, and the time after which it is half open.
    pub circuit_breaker: Option<(u32, Duration)>,
    /// The action on an event whose attempts have all failed.
    pub on_exhausted: Option<OnExhausted>,
}

/// The action on an event whose attempts have all failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnExhausted {
    /// The event is kept as a dead letter.
    #[default]
    DeadLetter,
    /// The event is dropped; only the counters of the service tell of it.
    Drop,
}

/// The key of events that have to stay in order.
#[derive(Debug, Clone, Copy)]
pub enum OrderKey {
    /// The value of an attribute.
    Attribute(&'static str),
    /// The result of a function.
    Function(fn(&Event) -> Option<String>),
}

impl OrderKey {
    /// Returns the key of an event, or `None` if the event has no order.
    #[must_use]
    pub fn of(self, event: &Event) -> Option<String> {
        match self {
            Self::Attribute(name) => {
                let value = event.attribute(name)?;
                Some(value.into_text().into_owned())
            }
            Self::Function(function) => function(event),
        }
    }
}

impl Policy {
    /// Returns a policy without settings.
    pub const fn new() -> Self {
        Self(PolicySettings {
            attempts: None,
            initial_delay: None,
            max_delay: None,
            timeout: None,
            concurrency: None,
            key: None,
            circuit_breaker: None,
            on_exhausted: None,
        })
    }

    /// Sets how often an event is tried, the first time included; 0 counts as 1.
    ///
    /// A time is one that the event came from its transport, so one that was cut short by a lost
    /// connection or the end of a process counts, and however many processes share the events, one
    /// that fails is not tried more often. One that does not fail is not given up for having come
    /// often, unless it comes more than twice as often.
    ///
    /// With a [`key`](Policy::key) an event is tried again where it stands, which the transport does
    /// not see: a process that ends takes the count of these with it.
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = Some(attempts);
        self
    }

    /// Sets the delay before the second attempt. It doubles with each further one; up to half of
    /// it is taken off at random, so that what failed together is not tried together.
    pub const fn initial_delay(mut self, delay: Duration) -> Self {
        self.0.initial_delay = Some(delay);
        self
    }

    /// Sets the longest delay between two attempts.
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.0.max_delay = Some(delay);
        self
    }

    /// Sets how long the handler may take; then it has failed, and its future is dropped.
    ///
    /// A sync handler cannot be stopped: one that takes longer is told of in the health of its
    /// subscription, and its event goes on when it returns.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = Some(timeout);
        self
    }

    /// Sets how many events the handler may run for at once; 0 counts as 1.
    pub const fn concurrency(mut self, concurrency: usize) -> Self {
        self.0.concurrency = Some(concurrency);
        self
    }

    /// Keeps events in order that have the same value of an attribute, such as `partitionkey` or
    /// `subject`, while those of other values run beside them.
    ///
    /// Order holds over retries: an event that failed keeps those after it waiting. It holds within
    /// one process; several consumers of one subscription share its events without it, unless the
    /// transport has partitions. Events without the attribute have no order.
    pub const fn key(mut self, attribute: &'static str) -> Self {
        self.0.key = Some(OrderKey::Attribute(attribute));
        self
    }

    /// Keeps events in order for which a function returns the same, as [`key`](Policy::key) does.
    pub const fn key_with(mut self, function: fn(&Event) -> Option<String>) -> Self {
        self.0.key = Some(OrderKey::Function(function));
        self
    }

    /// Opens a circuit breaker after that many consecutive failures, whatever their events.
    ///
    /// While it is open no event is tried, so none uses up its attempts. After the reset timeout one
    /// event is tried, and if it succeeds, all of them.
    pub const fn circuit_breaker(mut self, max_failures: u32, reset_timeout: Duration) -> Self {
        self.0.circuit_breaker = Some((max_failures, reset_timeout));
        self
    }

    /// Sets the action on an event whose attempts have all failed.
    pub const fn on_exhausted(mut self, action: OnExhausted) -> Self {
        self.0.on_exhausted = Some(action);
        self
    }

    /// Returns the settings.
    #[doc(hidden)]
    #[must_use]
    pub const fn settings(&self) -> PolicySettings {
        self.0
    }

    /// Returns this policy with its absent settings taken from a wider one.
    #[doc(hidden)]
    pub fn or(self, wider: Self) -> Self {
        let (own, wider) = (self.0, wider.0);
        Self(PolicySettings {
            attempts: own.attempts.or(wider.attempts),
            initial_delay: own.initial_delay.or(wider.initial_delay),
            max_delay: own.max_delay.or(wider.max_delay),
            timeout: own.timeout.or(wider.timeout),
            concurrency: own.concurrency.or(wider.concurrency),
            key: own.key.or(wider.key),
            circuit_breaker: own.circuit_breaker.or(wider.circuit_breaker),
            on_exhausted: own.on_exhausted.or(wider.on_exhausted),
        })
    }
}
