//! The policy for the events of a handler.

use std::time::Duration;

use crate::event::Event;

/// The policy for the events of a handler: retries, timeout, order and dead letters.
///
/// A setting that is not set is taken from the next policy in this order: the handler's own policy
/// from `#[handles(..)]`, the policy of the event type, the policy of the service, the default.
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
#[must_use = "a policy has no effect until it is passed to a handler or a service"]
pub struct Policy(PolicySettings);

/// The settings of a [`Policy`]; those that are not set are `None`.
///
/// ```
/// use eventkit::Policy;
///
/// let settings = Policy::new().attempts(5).settings();
/// assert_eq!((settings.attempts, settings.timeout), (Some(5), None));
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct PolicySettings {
    /// The maximum number of attempts.
    pub attempts: Option<u32>,
    /// The delay before the second attempt.
    pub initial_delay: Option<Duration>,
    /// The maximum delay between two attempts.
    pub max_delay: Option<Duration>,
    /// The timeout of an attempt.
    pub timeout: Option<Duration>,
    /// The maximum number of events that are handled concurrently.
    pub concurrency: Option<usize>,
    /// The ordering key.
    pub key: Option<OrderKey>,
    /// The number of consecutive failures that open the circuit breaker, and its reset timeout.
    pub circuit_breaker: Option<(u32, Duration)>,
    /// The action after the last attempt has failed.
    pub on_exhausted: Option<OnExhausted>,
}

/// The action after the last attempt has failed.
///
/// ```
/// use eventkit::{OnExhausted, Policy};
///
/// const BEST_EFFORT: Policy = Policy::new().attempts(2).on_exhausted(OnExhausted::Drop);
/// # drop(BEST_EFFORT);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnExhausted {
    /// Store the event as a dead letter.
    #[default]
    DeadLetter,
    /// Drop the event; the metrics of the service count it.
    Drop,
}

/// Where the ordering key of an event comes from; see [`Policy::key`].
#[derive(Debug, Clone, Copy)]
pub enum OrderKey {
    /// The value of an attribute.
    Attribute(&'static str),
    /// The result of a function.
    Function(fn(&Event) -> Option<String>),
}

impl OrderKey {
    /// Returns the key of an event, or `None` if the event is not ordered.
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

    /// Sets the maximum number of attempts, including the first; 0 counts as 1.
    ///
    /// An attempt is a run of the handler that failed or timed out. A run that a shutdown, a lost
    /// connection or a crash interrupted does not count. The maximum holds across processes.
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = Some(attempts);
        self
    }

    /// Sets the delay before the second attempt.
    ///
    /// The delay doubles with each additional attempt. A random part of up to half of it is
    /// subtracted, so that events that failed together are not retried together.
    pub const fn initial_delay(mut self, delay: Duration) -> Self {
        self.0.initial_delay = Some(delay);
        self
    }

    /// Sets the maximum delay between two attempts.
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.0.max_delay = Some(delay);
        self
    }

    /// Sets the timeout of an attempt. The attempt fails when it expires, and the future of the
    /// handler is dropped.
    ///
    /// A sync handler cannot be stopped. If it exceeds the timeout, the health of its subscription
    /// reports it, and the event is settled when the handler returns.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = Some(timeout);
        self
    }

    /// Sets the maximum number of events that are handled concurrently; 0 counts as 1.
    pub const fn concurrency(mut self, concurrency: usize) -> Self {
        self.0.concurrency = Some(concurrency);
        self
    }

    /// Sets the attribute whose value is the ordering key, such as `partitionkey` or `subject`.
    ///
    /// Events with the same key are handled one after another, events with different keys
    /// concurrently. Events without the attribute are not ordered.
    ///
    /// The order includes retries, restarts and lost connections: a failed event delays only the
    /// later events of its key. It holds within one process. Several consumers of a subscription do
    /// not keep it, unless the transport has partitions. The guide of `eventkit-service` describes
    /// the conditions.
    pub const fn key(mut self, attribute: &'static str) -> Self {
        self.0.key = Some(OrderKey::Attribute(attribute));
        self
    }

    /// Sets the function that returns the ordering key, see [`key`](Policy::key).
    ///
    /// Events for which it returns `None` are not ordered.
    pub const fn key_with(mut self, function: fn(&Event) -> Option<String>) -> Self {
        self.0.key = Some(OrderKey::Function(function));
        self
    }

    /// Sets a circuit breaker, which pauses the handler after consecutive failures.
    ///
    /// The failures of all events count together. While the circuit breaker is open, no event is
    /// attempted and no attempt is counted. After the reset timeout, one event is attempted. If it
    /// succeeds, the circuit breaker closes.
    pub const fn circuit_breaker(mut self, max_failures: u32, reset_timeout: Duration) -> Self {
        self.0.circuit_breaker = Some((max_failures, reset_timeout));
        self
    }

    /// Sets the action after the last attempt has failed.
    pub const fn on_exhausted(mut self, action: OnExhausted) -> Self {
        self.0.on_exhausted = Some(action);
        self
    }

    /// Returns the settings.
    #[must_use]
    pub const fn settings(&self) -> PolicySettings {
        self.0
    }

    /// Returns this policy, with unset settings taken from another one.
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
