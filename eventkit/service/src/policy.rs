//! The policy for the events of a handler, and the decisions that follow from it.

use std::time::Duration;

use tokio::sync::Semaphore;

use eventkit::__private::service::OrderKey;
use eventkit::pattern;
use eventkit::transport::{Settlement, backoff};
use eventkit::{Decision, Failure, OnExhausted, Policy};

/// The policies of a service, and their precedence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policies {
    pub(crate) service: Policy,
    /// Policies by event type or pattern; the first one that matches applies.
    pub(crate) types: Vec<(String, Policy)>,
}

/// A policy with a value for each setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResolvedPolicy {
    pub(crate) attempts: u32,
    initial_delay: Duration,
    max_delay: Duration,
    pub(crate) timeout: Duration,
    pub(crate) concurrency: u32,
    pub(crate) key: Option<OrderKey>,
    /// The number of failures in a row that open the circuit breaker, and the time until it is half
    /// open.
    pub(crate) circuit_breaker: Option<(u32, Duration)>,
    on_exhausted: OnExhausted,
}

impl Policies {
    /// Resolves the policy of a handler, for the events of one type or without regard to the type.
    pub(crate) fn resolve(&self, handler: Policy, ty: Option<&str>) -> ResolvedPolicy {
        let matches =
            |(pattern, _): &&(String, Policy)| ty.is_some_and(|ty| pattern::matches(pattern, ty));
        let of_type = self.types.iter().find(matches).map(|(_, policy)| *policy);
        let policy = handler.or(of_type.unwrap_or_default()).or(self.service);
        let policy = policy.settings();
        ResolvedPolicy {
            attempts: policy.attempts.unwrap_or(10).max(1),
            initial_delay: policy.initial_delay.unwrap_or(Duration::from_secs(1)),
            max_delay: policy.max_delay.unwrap_or(Duration::from_mins(1)),
            timeout: policy.timeout.unwrap_or(Duration::from_secs(30)),
            // The maximum number of permits of a semaphore.
            concurrency: policy.concurrency.map_or(16, |count| {
                u32::try_from(count.clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX)
            }),
            key: policy.key,
            circuit_breaker: policy.circuit_breaker,
            on_exhausted: policy.on_exhausted.unwrap_or_default(),
        }
    }
}

impl ResolvedPolicy {
    /// Decides what to do with an event whose handler failed; the first attempt is 1.
    pub(crate) fn decide(&self, failure: &Failure, attempt: u32) -> Disposition {
        let after = match failure {
            Failure::Decode(_) | Failure::Filter(_) => return Disposition::DeadLetter,
            Failure::Error {
                decision: Some(decision),
                ..
            } => match *decision {
                Decision::DeadLetter => return Disposition::DeadLetter,
                Decision::Drop => return Disposition::Drop,
                Decision::Retry { after } => after,
                _ => None,
            },
            _ => None,
        };
        if attempt >= self.attempts {
            return match self.on_exhausted {
                OnExhausted::Drop => Disposition::Drop,
                _ => Disposition::DeadLetter,
            };
        }
        Disposition::Retry(after.unwrap_or_else(|| self.delay_after(attempt)))
    }

    /// Returns the delay after an attempt; the first attempt is 1.
    pub(crate) fn delay_after(&self, attempt: u32) -> Duration {
        backoff::delay(self.initial_delay, self.max_delay, attempt)
    }
}

/// Returns whether a failure is caused by the event rather than by the handler or its dependencies.
pub(crate) fn is_caused_by_event(failure: &Failure) -> bool {
    match failure {
        Failure::Decode(_) | Failure::Filter(_) => true,
        Failure::Error {
            decision: Some(decision),
            ..
        } => !matches!(decision, Decision::Retry { .. }),
        _ => false,
    }
}

/// The way in which a service settles a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// The message is acknowledged: it was handled, or needs no handling.
    Acknowledge,
    /// The event is dropped after the handler failed.
    Drop,
    /// The event becomes a dead letter after the handler failed.
    DeadLetter,
    /// The handler failed, and the message is delivered again after a delay.
    Retry(Duration),
    /// The message waits for others of its key, and is delivered again after a delay.
    Return(Duration),
    /// The handler could not run yet, and the message is delivered again after a delay.
    Postpone(Duration),
    /// The handler does not select the message.
    Skip,
    /// The service stops, and the message is delivered again at once, for other processes.
    Release,
}

impl Disposition {
    /// Returns the settlement for the transport.
    pub(crate) fn settlement(self) -> Settlement {
        match self {
            Self::Acknowledge | Self::Drop => Settlement::Ack,
            Self::DeadLetter => Settlement::Terminate,
            Self::Retry(delay) | Self::Postpone(delay) | Self::Return(delay) => {
                Settlement::Nack(delay)
            }
            Self::Skip => Settlement::Skip,
            Self::Release => Settlement::Nack(Duration::ZERO),
        }
    }

    /// Returns whether the message is not delivered again.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Acknowledge | Self::Drop | Self::DeadLetter)
    }

    /// Returns whether this process is done with the message. A message that the handler does not
    /// select may be delivered again, for a later deployment.
    pub(crate) fn is_done(self) -> bool {
        self.is_final() || self == Self::Skip
    }
}
