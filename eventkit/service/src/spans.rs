//! The spans of a subscription: messages that are received, processed and settled.

use std::sync::{Mutex, PoisonError};

use tracing::Span;
use tracing::field::Empty;

use super::destination::destination;
use super::policy::Disposition;
use super::subscription::SubscriptionTask;
use eventkit::Failure;
use eventkit::event::Event;
use eventkit::transport::{Destination, Settlement, TransportErrorKind, telemetry};

/// The outcome of a processed message, by the name of its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome(&'static str);

impl Outcome {
    pub(crate) const DUPLICATE: Self = Self("duplicate");

    const fn of(disposition: Disposition) -> Self {
        Self(match disposition {
            Disposition::Acknowledge => "succeeded",
            Disposition::Drop => "dropped",
            Disposition::DeadLetter => "dead_lettered",
            Disposition::Retry(_) => "retried",
            Disposition::Return(_) | Disposition::Postpone(_) => "postponed",
            Disposition::Skip => "filtered",
            Disposition::Release => "released",
        })
    }
}

/// The span in which a message is processed.
#[derive(Debug)]
pub(crate) struct Processing {
    span: Span,
    /// The outcome beyond the disposition. Most messages leave it empty.
    details: Mutex<Details>,
    #[cfg(feature = "otel")]
    start: std::time::Instant,
}

#[derive(Debug, Clone, Copy, Default)]
struct Details {
    outcome: Option<Outcome>,
    /// The type of the last failure.
    error: Option<&'static str>,
}

impl Processing {
    /// Begins to process an event, as part of its trace.
    pub(crate) fn of_event(task: &SubscriptionTask, event: &Event) -> Self {
        let span = process_span(task, Some(event));
        telemetry::set_parent(&span, event);
        Self::new(span)
    }

    /// Begins to process a message that is not an event.
    pub(crate) fn of_invalid(task: &SubscriptionTask) -> Self {
        let processing = Self::new(process_span(task, None));
        processing.details().error = Some("decode");
        processing
    }

    fn new(span: Span) -> Self {
        Self {
            span,
            details: Mutex::default(),
            #[cfg(feature = "otel")]
            start: std::time::Instant::now(),
        }
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    pub(crate) fn set_outcome(&self, outcome: Outcome) {
        self.details().outcome = Some(outcome);
    }

    pub(crate) fn set_failure(&self, failure: &Failure) {
        self.details().error = Some(error_type(failure));
    }

    /// Records what became of the message.
    pub(crate) fn finish(&self, task: &SubscriptionTask, disposition: Disposition) {
        if cfg!(not(feature = "otel")) && self.span.is_disabled() {
            return;
        }
        let details = *self.details();
        let Outcome(outcome) = details.outcome.unwrap_or(Outcome::of(disposition));
        let has_failed = matches!(
            disposition,
            Disposition::Retry(_) | Disposition::Drop | Disposition::DeadLetter
        );
        // After a success, the failures of earlier attempts no longer count.
        let error = has_failed.then(|| details.error.unwrap_or("error"));
        self.span.record("eventkit.outcome", outcome);
        if let Some(error) = error {
            self.span.record("otel.status_code", "ERROR");
            self.span.record("error.type", error);
        } else {
            let subscription = task.shared.handler.durable();
            tracing::debug!(parent: &self.span, subscription, outcome, "processed the event");
        }
        #[cfg(feature = "otel")]
        super::metrics::record_duration(&task.status, self.start.elapsed(), error);
    }

    fn details(&self) -> std::sync::MutexGuard<'_, Details> {
        self.details.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the span of waiting for a message. It belongs to no trace, and is linked to that of the
/// message.
pub(crate) fn receive_span(task: &SubscriptionTask) -> Span {
    let Destination { system, name, .. } = destination(&*task.transport);
    tracing::debug_span!(
        parent: None,
        "receive",
        otel.name = format_args!("receive {name}"),
        otel.kind = "client",
        messaging.operation.name = "receive",
        messaging.operation.r#type = "receive",
        messaging.system = system,
        messaging.destination.name = name,
        messaging.consumer.group.name = task.status.name(),
        messaging.message.id = Empty,
        cloudevents.event_id = Empty,
        cloudevents.event_source = Empty,
        cloudevents.event_spec_version = Empty,
        cloudevents.event_type = Empty,
        cloudevents.event_subject = Empty,
    )
}

/// Records the event that was received.
pub(crate) fn record_received(span: &Span, event: &Event) {
    telemetry::add_link(span, event);
    span.record("messaging.message.id", event.id());
    span.record("cloudevents.event_id", event.id());
    span.record("cloudevents.event_source", event.source());
    span.record("cloudevents.event_spec_version", event.spec_version());
    span.record("cloudevents.event_type", event.ty());
    span.record("cloudevents.event_subject", event.subject());
    tracing::debug!(parent: span, "received the event");
}

fn process_span(task: &SubscriptionTask, event: Option<&Event>) -> Span {
    // The macro evaluates the fields only if the span is enabled.
    let to = || destination(&*task.transport);
    let id = || event.map(Event::id);
    tracing::info_span!(
        parent: None,
        "process",
        otel.name = format_args!("process {}", to().name),
        otel.kind = "consumer",
        otel.status_code = Empty,
        error.r#type = Empty,
        messaging.operation.name = "process",
        messaging.operation.r#type = "process",
        messaging.system = to().system,
        messaging.destination.name = to().name,
        messaging.consumer.group.name = task.status.name(),
        messaging.message.id = id(),
        cloudevents.event_id = id(),
        cloudevents.event_source = event.map(Event::source),
        cloudevents.event_spec_version = event.map(Event::spec_version),
        cloudevents.event_type = event.map(Event::ty),
        cloudevents.event_subject = event.and_then(Event::subject),
        eventkit.handler = task.shared.handler.handler().name(),
        eventkit.outcome = Empty,
    )
}

/// Returns the name of a settlement as an operation.
pub(crate) fn operation(settlement: Settlement) -> &'static str {
    match settlement {
        Settlement::Ack => "ack",
        Settlement::Terminate => "terminate",
        Settlement::Nack(_) => "nack",
        Settlement::Skip => "skip",
    }
}

/// Returns the span of settling a message, as part of its processing.
pub(crate) fn settle_span(
    task: &SubscriptionTask,
    processing: Option<&Processing>,
    settlement: Settlement,
) -> Span {
    let to = || destination(&*task.transport);
    let operation = operation(settlement);
    tracing::debug_span!(
        parent: processing.and_then(|processing| processing.span.id()),
        "settle",
        otel.name = format_args!("{operation} {}", to().name),
        otel.kind = "client",
        otel.status_code = Empty,
        error.r#type = Empty,
        messaging.operation.name = operation,
        messaging.operation.r#type = "settle",
        messaging.system = to().system,
        messaging.destination.name = to().name,
        messaging.consumer.group.name = task.status.name(),
    )
}

/// Records that the transport did not confirm a settlement.
pub(crate) fn record_unsettled(span: &Span, error: TransportErrorKind) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error.as_str());
}

/// Returns the kind of a failure as the value of the attribute `error.type`.
fn error_type(failure: &Failure) -> &'static str {
    match failure {
        Failure::Panic(_) => "panic",
        Failure::Decode(_) => "decode",
        Failure::Extract { .. } => "extract",
        Failure::Filter(_) => "filter",
        Failure::InProgress => "in_progress",
        Failure::UnitOfWork(_) => "unit_of_work",
        Failure::Timeout(_) => "timeout",
        _ => "error",
    }
}
