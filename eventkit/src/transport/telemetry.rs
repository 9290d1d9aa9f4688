//! Spans of published events, for authors of transports (feature `tracing`).
//!
//! Names and fields follow the OpenTelemetry semantic conventions for messaging and for CloudEvents.
//! Without the feature `otel`, the functions only use `tracing`.

use std::borrow::Cow;
use std::pin::pin;

use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::{BoxFuture, Destination, Published, TransportError, TransportErrorKind, with_causes};
#[cfg(feature = "otel")]
use super::{current_trace, otel};
use crate::event::Event;

/// Publishes an event in a span, with the function that sends it.
///
/// Each transport calls this from [`publish_event`](super::Publisher::publish_event). With
/// OpenTelemetry, the function receives the event with the trace context of the span, unless the
/// event has its own. The span belongs to the current trace, or else to the trace of the event.
///
/// ```
/// use eventkit::Event;
/// use eventkit::transport::{
///     BoxFuture, Destination, Published, Publisher, RawMessage, TransportError, telemetry,
/// };
///
/// struct Printer;
///
/// impl Publisher for Printer {
///     fn destination(&self) -> Option<Destination<'_>> {
///         Some(Destination::new("stdio", "stdout"))
///     }
///
///     fn publish_event<'a>(
///         &'a self,
///         event: &'a Event,
///     ) -> BoxFuture<'a, Result<Published, TransportError>> {
///         telemetry::publish(Destination::new("stdio", "stdout"), event, |event| async move {
///             println!("{event}");
///             Ok(Published::default())
///         })
///     }
///
///     fn publish_raw<'a>(
///         &'a self,
///         _: &'a str,
///         _: &'a RawMessage,
///     ) -> BoxFuture<'a, Result<Published, TransportError>> {
///         Box::pin(async { Err(TransportError::rejected("only events are printed")) })
///     }
/// }
/// ```
pub fn publish<'a, S, F>(
    destination: Destination<'a>,
    event: &'a Event,
    send: S,
) -> BoxFuture<'a, Result<Published, TransportError>>
where
    S: FnOnce(Cow<'a, Event>) -> F + Send + 'a,
    F: Future<Output = Result<Published, TransportError>> + Send + 'a,
{
    Box::pin(async move {
        #[cfg(feature = "otel")]
        let start = std::time::Instant::now();
        let span = publish_span(destination, event);
        // Pinned in place: moving a large future would copy it.
        let sending = pin!(send(with_trace(&span, event)));
        let result = sending.instrument(span.clone()).await;
        #[cfg(feature = "otel")]
        {
            let error = result.as_ref().err().map(|error| error.kind().as_str());
            otel::record_sent(destination, start.elapsed(), error);
        }
        finish(&span, destination, event, &result);
        result
    })
}

/// Makes a span part of the trace of an event, if the event has one and OpenTelemetry follows the
/// span.
///
/// Call this before the span is entered. Without the feature `otel`, it does nothing.
///
/// ```
/// use eventkit::Event;
/// use eventkit::transport::telemetry;
///
/// let event = Event::builder().source("/shop").ty("co.outcome.order.placed").build()?;
/// let span = tracing::info_span!("import");
/// telemetry::set_parent(&span, &event);
/// span.in_scope(|| println!("{event}"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn set_parent(span: &Span, event: &Event) {
    #[cfg(feature = "otel")]
    otel::set_parent(span, event);
    #[cfg(not(feature = "otel"))]
    let _ = (span, event);
}

/// Links a span to the span that sent an event, if the event names it and OpenTelemetry follows the
/// span.
///
/// Without the feature `otel`, it does nothing.
///
/// ```
/// use eventkit::Event;
/// use eventkit::transport::telemetry;
///
/// let event = Event::builder().source("/shop").ty("co.outcome.order.placed").build()?;
/// telemetry::add_link(&tracing::info_span!("import"), &event);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn add_link(span: &Span, event: &Event) {
    #[cfg(feature = "otel")]
    otel::add_link(span, event);
    #[cfg(not(feature = "otel"))]
    let _ = (span, event);
}

impl TransportErrorKind {
    /// Returns the kind as the value of the attribute `error.type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Configuration => "configuration",
            Self::Rejected => "rejected",
            Self::Closed => "closed",
        }
    }
}

fn publish_span(destination: Destination<'_>, event: &Event) -> Span {
    let span = tracing::info_span!(
        "publish",
        otel.name = format_args!("publish {}", destination.name),
        otel.kind = "producer",
        otel.status_code = Empty,
        error.r#type = Empty,
        messaging.operation.name = "publish",
        messaging.operation.r#type = "send",
        messaging.system = destination.system,
        messaging.destination.name = destination.name,
        messaging.message.id = event.id(),
        cloudevents.event_id = event.id(),
        cloudevents.event_source = event.source(),
        cloudevents.event_spec_version = event.spec_version(),
        cloudevents.event_type = event.ty(),
        cloudevents.event_subject = event.subject(),
    );
    // A relay, for instance, publishes outside the trace in which the event was stored.
    #[cfg(feature = "otel")]
    if current_trace::current().is_none() {
        otel::set_parent(&span, event);
    }
    span
}

/// Returns the event with the context of the span, unless it has its own.
fn with_trace<'a>(span: &Span, event: &'a Event) -> Cow<'a, Event> {
    #[cfg(feature = "otel")]
    if let Some(context) = otel::context_of(span).or_else(current_trace::current) {
        return context.into_event(event);
    }
    let _ = span;
    Cow::Borrowed(event)
}

fn finish(
    span: &Span,
    destination: Destination<'_>,
    event: &Event,
    result: &Result<Published, TransportError>,
) {
    match result {
        Ok(published) => tracing::debug!(
            parent: span,
            destination = destination.name,
            duplicate = published.duplicate,
            unrouted = published.unrouted,
            "published the event"
        ),
        Err(error) => {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", error.kind().as_str());
            let error = with_causes(error);
            tracing::warn!(
                parent: span,
                destination = destination.name,
                %event,
                error,
                "failed to publish the event"
            );
        }
    }
}
