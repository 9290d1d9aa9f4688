//! How a service treats the events of a handler.

use std::time::Duration;

use crate::event::Event;

/// Says how a service treats the events of a handler: retries, times, order, what comes last.
///
/// What it does not set, a wider policy does. For each setting by itself: the handler's own policy,
/// from `#[handles(..)]`, goes before the one for the type of the event, that before the one of the
/// service, and that before the default.
///
/// | setting | on the attribute | default |
/// | --- | --- | --- |
/// | [`attempts`](Policy::attempts) | `retry(attempts = 5)` | 10 |
/// | [`first_delay`](Policy::first_delay) | `retry(first = "1s")` | 1 second |
/// | [`max_delay`](Policy::max_delay) | `retry(max = "5m")` | 1 minute |
/// | [`timeout`](Policy::timeout) | `timeout = "30s"` | 30 seconds |
/// | [`concurrency`](Policy::concurrency) | `concurrency = 8` | 16 |
/// | [`key`](Policy::key) | `key = "partitionkey"` | none: no order |
/// | [`key_with`](Policy::key_with) | `key = path::to::function` | |
/// | [`breaker`](Policy::breaker) | `breaker(failures = 20, pause = "30s")` | none |
/// | [`exhausted`](Policy::exhausted) | `exhausted = "drop"` | dead letter |
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
pub struct Policy {
    #[doc(hidden)]
    pub attempts: Option<u32>,
    #[doc(hidden)]
    pub first_delay: Option<Duration>,
    #[doc(hidden)]
    pub max_delay: Option<Duration>,
    #[doc(hidden)]
    pub timeout: Option<Duration>,
    #[doc(hidden)]
    pub concurrency: Option<usize>,
    #[doc(hidden)]
    pub key: Option<OrderKey>,
    #[doc(hidden)]
    pub breaker: Option<(u32, Duration)>,
    #[doc(hidden)]
    pub exhausted: Option<Exhausted>,
}

/// Says what becomes of an event whose attempts have all failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Exhausted {
    /// It is kept as a dead letter.
    #[default]
    DeadLetter,
    /// It is forgotten: only the counters of the service know of it.
    Drop,
}

/// Tells which events have to stay in order.
#[derive(Debug, Clone, Copy)]
pub enum OrderKey {
    /// The value of an attribute.
    Attribute(&'static str),
    /// What a function makes of the event.
    Function(fn(&Event) -> Option<String>),
}

impl OrderKey {
    #[doc(hidden)]
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
    /// Makes a policy that sets nothing.
    pub const fn new() -> Self {
        Self {
            attempts: None,
            first_delay: None,
            max_delay: None,
            timeout: None,
            concurrency: None,
            key: None,
            breaker: None,
            exhausted: None,
        }
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
        self.attempts = Some(attempts);
        self
    }

    /// Sets the delay before the second attempt. It doubles with each further one; up to half of
    /// it is taken off at random, so that what failed together is not tried together.
    pub const fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = Some(delay);
        self
    }

    /// Sets the longest delay between two attempts.
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = Some(delay);
        self
    }

    /// Sets how long the handler may take; then it has failed, and its future is dropped.
    ///
    /// A sync handler cannot be stopped: one that takes longer is told of in the health of its
    /// subscription, and its event goes on when it returns.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how many events the handler may run for at once; 0 counts as 1.
    pub const fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = Some(concurrency);
        self
    }

    /// Keeps events in order that have the same value of an attribute, such as `partitionkey` or
    /// `subject`, while those of other values run beside them.
    ///
    /// Order holds over retries: an event that failed keeps those after it waiting. It holds within
    /// one process; several consumers of one subscription share its events without it, unless the
    /// transport has partitions. Events without the attribute have no order.
    pub const fn key(mut self, attribute: &'static str) -> Self {
        self.key = Some(OrderKey::Attribute(attribute));
        self
    }

    /// Keeps events in order for which a function returns the same, as [`key`](Policy::key) does.
    pub const fn key_with(mut self, function: fn(&Event) -> Option<String>) -> Self {
        self.key = Some(OrderKey::Function(function));
        self
    }

    /// Stops the handler for a while after that many failures in a row, whatever their events.
    ///
    /// Meanwhile no event is tried, so none uses up its attempts. After the pause one event is
    /// tried, and if it succeeds, all of them.
    pub const fn breaker(mut self, failures: u32, pause: Duration) -> Self {
        self.breaker = Some((failures, pause));
        self
    }

    /// Sets what becomes of an event whose attempts have all failed.
    pub const fn exhausted(mut self, exhausted: Exhausted) -> Self {
        self.exhausted = Some(exhausted);
        self
    }

    /// Sets what this policy does not as a wider one has it.
    #[doc(hidden)]
    pub fn or(self, wider: Self) -> Self {
        Self {
            attempts: self.attempts.or(wider.attempts),
            first_delay: self.first_delay.or(wider.first_delay),
            max_delay: self.max_delay.or(wider.max_delay),
            timeout: self.timeout.or(wider.timeout),
            concurrency: self.concurrency.or(wider.concurrency),
            key: self.key.or(wider.key),
            breaker: self.breaker.or(wider.breaker),
            exhausted: self.exhausted.or(wider.exhausted),
        }
    }
}
