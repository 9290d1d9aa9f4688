//! The state that all clones of a transport share.

use std::time::Duration;

use eventkit::transport::{Subscription, TransportError, TransportErrorKind, is_reserved};

use super::api::Api;
use super::stream::StreamSettings;
use super::unselected::UnselectedEvents;
use crate::mapping::Mapping;
use crate::mapping::subject::covers;

/// The connection and the settings of a transport.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) api: Api,
    pub(super) stream: StreamSettings,
    /// The subjects that the stream stored when the transport was opened.
    pub(super) stream_subjects: Vec<String>,
    pub(super) mapping: Mapping,
    pub(super) unselected: UnselectedEvents,
    pub(super) idle_heartbeat: Duration,
    pub(super) max_ack_pending: usize,
    /// Whether settings of consumers that differ are updated, if the server can.
    pub(super) updates_consumers: bool,
}

impl Shared {
    /// Explains the error of a message that no stream took: an operator has to act if the stream did not
    /// store its subject.
    pub(super) fn explain_no_stream(
        &self,
        operation: &str,
        subject: &str,
        error: TransportError,
    ) -> TransportError {
        let mut stored = self.stream_subjects.iter();
        let is_stored = stored.any(|stored| covers(stored, subject));
        if is_stored || error.kind() != TransportErrorKind::Unavailable {
            return error;
        }
        TransportError::configuration(format!(
            "failed to {operation}: the stream `{}` does not store the subject `{subject}`; add it to the \
             subjects of the stream",
            self.stream.name
        ))
        .with_source(error)
    }

    /// Checks that the stream stores the messages of services, if a subscription is for them.
    pub(super) fn check_services(
        &self,
        subscription: &Subscription,
        stored: &[String],
    ) -> Result<(), TransportError> {
        if !subscription.patterns.iter().any(|own| is_reserved(own)) {
            return Ok(());
        }
        let mut missing = self.mapping.subjects.of_services();
        missing.retain(|own| !stored.iter().any(|stored| covers(stored, own)));
        if missing.is_empty() {
            return Ok(());
        }
        Err(TransportError::configuration(format!(
            "the stream `{}` stores the subjects {stored:?}, and a service needs {missing:?} too, for dead \
             letters and replays; add them to the stream, or set a `NatsBuilder::subject_prefix` below a \
             subject that it stores",
            self.stream.name
        )))
    }
}
