//! The state shared by all clones of a transport.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventkit::transport::{
    DEAD_LETTER_PREFIX, Subscription, TransportError, TransportErrorKind, is_reserved,
};

use super::acknowledgements::Acknowledgements;
use super::api::Api;
use super::durable::Durable;
use super::state::StateStore;
use super::stream::Stream;
use super::unselected::UnselectedEvents;
use crate::mapping::Mapping;
use crate::mapping::subject::any_covers;

/// The connection and the settings of a transport.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) api: Api,
    pub(super) acknowledgements: Arc<Acknowledgements>,
    pub(super) stream: Stream,
    /// The subjects that the stream stored when the transport was opened.
    pub(super) stream_subjects: Vec<String>,
    pub(super) state: StateStore,
    pub(super) mapping: Mapping,
    pub(super) unselected: UnselectedEvents,
    pub(super) idle_heartbeat: Duration,
    pub(super) max_ack_pending: usize,
    /// Whether acknowledgements need no confirmation.
    pub(super) unconfirmed_acks: bool,
    /// The durables of the subscriptions that this process has used, by the name of the
    /// subscription.
    pub(super) durables: Mutex<HashMap<String, Arc<Durable>>>,
}

impl Shared {
    /// Returns how long a request for messages waits.
    pub(super) fn max_expires(&self) -> Duration {
        self.idle_heartbeat * 6
    }

    /// Returns the maximum number of unsettled messages of a subscription. A reader of dead letters
    /// leases as many as it asks for, regardless of the limit for handlers.
    pub(super) fn max_ack_pending_of(&self, subscription: &Subscription) -> usize {
        if owns_dead_letters(subscription) {
            self.max_ack_pending.max(subscription.max_in_flight)
        } else {
            self.max_ack_pending
        }
    }

    /// Returns the known state of a subscription's durable.
    pub(super) fn known_durable(&self, subscription: &str) -> Option<Arc<Durable>> {
        let durables = self.durables.lock().unwrap_or_else(PoisonError::into_inner);
        durables.get(subscription).cloned()
    }

    /// Returns the durable with this name for a subscription, together with its known state.
    pub(super) fn use_durable(&self, subscription: &str, name: &str) -> Arc<Durable> {
        let mut durables = self.durables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = durables.get(subscription)
            && known.name == name
        {
            return Arc::clone(known);
        }
        let durable = Arc::new(Durable::new(name.to_owned()));
        durables.insert(subscription.to_owned(), Arc::clone(&durable));
        durable
    }

    /// Explains the error of a message that no stream stored: if the stream did not store the
    /// subject when the transport was opened, an operator must act.
    pub(super) fn explain_no_stream(
        &self,
        operation: &(impl Display + ?Sized),
        subject: &str,
        error: TransportError,
    ) -> TransportError {
        let is_stored = any_covers(&self.stream_subjects, subject);
        if is_stored || error.kind() != TransportErrorKind::Unavailable {
            return error;
        }
        TransportError::configuration(format!(
            "failed to {operation}: the stream `{}` does not store the subject `{subject}`; add it to the \
             subjects of the stream",
            self.stream.settings.name
        ))
        .with_source(error)
    }

    /// Checks that the stream stores dead letters and replays, if a subscription is for them.
    pub(super) fn check_services(
        &self,
        subscription: &Subscription,
        stored: &[String],
    ) -> Result<(), TransportError> {
        if !subscription.patterns.iter().any(|own| is_reserved(own)) {
            return Ok(());
        }
        let mut missing = self.mapping.subjects.of_services();
        missing.retain(|own| !any_covers(stored, own));
        if missing.is_empty() {
            return Ok(());
        }
        Err(TransportError::configuration(format!(
            "the stream `{}` stores the subjects {stored:?}, but a service also needs {missing:?} for dead \
             letters and replays; add them to the stream, set a `NatsBuilder::subject_prefix` below a \
             subject that it stores, or give the service its own stream with this one as a source",
            self.stream.settings.name
        )))
    }
}

/// Returns whether a subscription selects only one type of dead letters, which therefore belong to
/// it alone.
pub(super) fn owns_dead_letters(subscription: &Subscription) -> bool {
    match &subscription.patterns[..] {
        [ty] => ty.starts_with(DEAD_LETTER_PREFIX) && !ty.contains('*'),
        _ => false,
    }
}
