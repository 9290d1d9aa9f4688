//! What holds for one event of one handler, of all the policies there are.

use std::time::Duration;

use crate::__private::service::{OrderKey, pattern_matches};
use crate::dispatch::{Decision, Failure, OnExhausted, Policy};
use crate::transport::backoff;

/// The policies of a service, and which goes before which.
#[derive(Debug, Clone, Default)]
pub(super) struct Policies {
    pub(super) service: Policy,
    /// By event type or pattern; the first that fits holds.
    pub(super) types: Vec<(String, Policy)>,
}

/// Settings with nothing left open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) attempts: u32,
    initial_delay: Duration,
    max_delay: Duration,
    pub(super) timeout: Duration,
    pub(super) concurrency: usize,
    pub(super) key: Option<OrderKey>,
    pub(super) breaker: Option<(u32, Duration)>,
    exhausted: OnExhausted,
}

/// What becomes of an event whose handler failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Retry(Duration),
    DeadLetter,
    Drop,
}

impl Policies {
    /// Returns the rules of a handler, for events of a type or whatever their type is.
    pub(super) fn rules(&self, handler: Policy, ty: Option<&str>) -> Rules {
        let fits =
            |(pattern, _): &&(String, Policy)| ty.is_some_and(|ty| pattern_matches(pattern, ty));
        let of_type = self.types.iter().find(fits).map(|(_, policy)| *policy);
        let policy = handler.or(of_type.unwrap_or_default()).or(self.service);
        let policy = policy.settings();
        let initial_delay = policy.initial_delay.unwrap_or(Duration::from_secs(1));
        Rules {
            attempts: policy.attempts.unwrap_or(10).max(1),
            initial_delay,
            max_delay: policy.max_delay.unwrap_or(Duration::from_mins(1)),
            timeout: policy.timeout.unwrap_or(Duration::from_secs(30)),
            concurrency: policy.concurrency.unwrap_or(16).max(1),
            key: policy.key,
            breaker: policy.circuit_breaker,
            exhausted: policy.exhausted.unwrap_or_default(),
        }
    }
}

/// Returns whether a failure is the event's own: what is wrong is in it, and not in the handler or
/// in what that works with.
pub(super) fn is_of_the_event(failure: &Failure) -> bool {
    match failure {
        Failure::Decode(_) | Failure::Filter(_) => true,
        Failure::Error {
            decision: Some(decision),
            ..
        } => !matches!(decision, Decision::Retry { .. }),
        _ => false,
    }
}

impl Rules {
    /// Decides about an event whose handler failed at an attempt, counted from 1.
    pub(super) fn decide(&self, failure: &Failure, attempt: u32) -> Verdict {
        let after = match failure {
            // What is wrong is in the event, and will be the next time.
            Failure::Decode(_) | Failure::Filter(_) => return Verdict::DeadLetter,
            Failure::Error {
                decision: Some(decision),
                ..
            } => match *decision {
                Decision::DeadLetter => return Verdict::DeadLetter,
                Decision::Drop => return Verdict::Drop,
                Decision::Retry { after } => after,
            },
            _ => None,
        };
        if attempt >= self.attempts {
            return match self.exhausted {
                OnExhausted::DeadLetter => Verdict::DeadLetter,
                OnExhausted::Drop => Verdict::Drop,
            };
        }
        Verdict::Retry(after.unwrap_or_else(|| self.delay_after(attempt)))
    }

    /// Returns how long to wait after an attempt, counted from 1.
    pub(super) fn delay_after(&self, attempt: u32) -> Duration {
        backoff::delay(self.initial_delay, self.max_delay, attempt)
    }

    /// Returns whether an event has come so often without a word of why that the process is likely
    /// to die over it.
    ///
    /// A failure at the last attempt is seen, and ends the matter. To come after that, the event
    /// was handed back, or nobody lived to see the failure. Being handed back is not the event's
    /// fault, so it has as many attempts once more.
    pub(super) fn is_lost_cause(&self, attempt: u32) -> bool {
        attempt > self.attempts.saturating_mul(2)
    }
}
