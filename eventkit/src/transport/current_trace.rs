//! The trace of the current span, which published events join.

use std::borrow::Cow;

use super::trace_context::TraceContext;
use crate::event::Event;

/// Returns the context of the current span; `None` without OpenTelemetry (feature `otel`).
pub(crate) fn current() -> Option<TraceContext> {
    #[cfg(feature = "otel")]
    return super::otel::context_of(&tracing::Span::current());
    #[cfg(not(feature = "otel"))]
    None
}

/// Returns the event with the trace context of the current span, unless it has one of its own.
///
/// Transports do this for what they publish. Without OpenTelemetry (feature `otel`), or outside a
/// span that it follows, the event is returned unchanged.
///
/// ```
/// use eventkit::Event;
/// use eventkit::transport::with_current_trace;
///
/// let event = Event::builder().source("/shop").ty("co.outcome.order.placed").build()?;
/// assert_eq!(*with_current_trace(&event), event);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn with_current_trace(event: &Event) -> Cow<'_, Event> {
    match current() {
        Some(context) => context.into_event(event),
        None => Cow::Borrowed(event),
    }
}

/// Returns the events with the trace context of the current span, except for those that have their
/// own.
///
/// This is [`with_current_trace`] for a batch:
///
/// ```
/// use eventkit::Event;
/// use eventkit::transport::with_current_trace_all;
///
/// let events = [Event::builder().source("/shop").ty("co.outcome.order.placed").build()?];
/// assert_eq!(*with_current_trace_all(&events), events);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn with_current_trace_all(events: &[Event]) -> Cow<'_, [Event]> {
    match current() {
        Some(context) => events
            .iter()
            .map(|event| context.clone().into_event(event).into_owned())
            .collect(),
        None => Cow::Borrowed(events),
    }
}
