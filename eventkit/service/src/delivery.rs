//! One delivery of an event, shared by its attempts.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use super::inbox::ClaimToken;
use super::policy::ResolvedPolicy;
use super::spans::Processing;
use super::subscription::SubscriptionTask;
use eventkit::Failure;
use eventkit::event::Event;
use eventkit::transport::{AckHandle, DeliveryRecord, MessageMetadata};

/// One delivery of an event to its handler.
pub(crate) struct Delivery<'t> {
    pub(crate) task: &'t SubscriptionTask,
    pub(crate) event: Event,
    pub(crate) metadata: MessageMetadata,
    pub(crate) handle: AckHandle,
    /// The delivery record; `None` until it is loaded.
    pub(crate) record: Mutex<Option<DeliveryRecord>>,
    pub(crate) policy: ResolvedPolicy,
    pub(crate) processing: Processing,
    pub(crate) claim: OpenClaim,
    /// Whether the handler is running.
    pub(crate) running: AtomicBool,
}

/// The outcome of an attempt.
#[derive(Debug)]
pub(crate) enum AttemptOutcome {
    /// The handler succeeded, and its outgoing events are published.
    Completed,
    /// The handler had already succeeded before.
    AlreadyCompleted,
    /// The handler may be running in another process, or the service began to drain before the
    /// inbox responded.
    ClaimedElsewhere,
    /// The event is a suspect that must run alone, but other handlers did not finish in time.
    NotAlone,
    Failed(Failure),
}

/// The token of the delivery's claim, if it has one.
#[derive(Debug, Default)]
pub(crate) struct OpenClaim(Mutex<Option<ClaimToken>>);

impl OpenClaim {
    pub(crate) fn get(&self) -> Option<ClaimToken> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the token, and returns the previous one.
    pub(crate) fn replace(&self, token: Option<ClaimToken>) -> Option<ClaimToken> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut current, token)
    }
}
