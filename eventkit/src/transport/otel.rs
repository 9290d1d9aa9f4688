//! OpenTelemetry: the contexts of spans, and the counter of published events.

use std::sync::LazyLock;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Histogram, Meter};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState as OtelTraceState,
};
use opentelemetry::{Context, KeyValue, global};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::Destination;
use super::trace_context::TraceContext;
use crate::event::Event;
use crate::extension::{Extension, TraceParent, TraceState};

/// The upper bounds of histograms of durations that the semantic conventions advise, in seconds.
pub const DURATION_BOUNDARIES: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// The events that transports have published, or failed to publish.
static SENT_MESSAGES: LazyLock<Counter<u64>> = LazyLock::new(|| {
    global::meter("eventkit")
        .u64_counter("messaging.client.sent.messages")
        .with_unit("{message}")
        .with_description("Events that were published, or that could not be.")
        .build()
});

/// How long transports took to publish events.
static OPERATION_DURATION: LazyLock<Histogram<f64>> =
    LazyLock::new(|| operation_duration(&global::meter("eventkit")));

/// Returns the histogram of requests to brokers.
#[must_use]
pub fn operation_duration(meter: &Meter) -> Histogram<f64> {
    meter
        .f64_histogram("messaging.client.operation.duration")
        .with_unit("s")
        .with_description(
            "Time until the transport has published or settled a message, or failed to.",
        )
        .with_boundaries(DURATION_BOUNDARIES.to_vec())
        .build()
}

/// Returns the context of a span, if an OpenTelemetry layer follows it.
pub(super) fn context_of(span: &Span) -> Option<TraceContext> {
    let context = span.context();
    let span = context.span();
    let span = span.span_context();
    let (trace_id, span_id) = (span.trace_id().to_bytes(), span.span_id().to_bytes());
    let flags = span.trace_flags().to_u8();
    let parent = TraceParent::new(
        u128::from_be_bytes(trace_id),
        u64::from_be_bytes(span_id),
        flags,
    );
    let state = span.trace_state().header();
    Some(TraceContext {
        // The ids are zero if nothing follows the span.
        parent: parent.ok()?,
        state: (!state.is_empty()).then(|| state.parse().ok()).flatten(),
    })
}

/// Returns the context that an event carries.
fn carried_by(event: &Event) -> Option<SpanContext> {
    let text = |name| event.extension(name).map(ToString::to_string);
    let parent: TraceParent = text(TraceParent::NAME)?.parse().ok()?;
    let state = text(TraceState::NAME).and_then(|state| state.parse::<OtelTraceState>().ok());
    Some(SpanContext::new(
        TraceId::from_bytes(parent.trace_id().to_be_bytes()),
        SpanId::from_bytes(parent.parent_id().to_be_bytes()),
        TraceFlags::new(parent.flags()),
        true,
        state.unwrap_or_default(),
    ))
}

pub(super) fn set_parent(span: &Span, event: &Event) {
    if !span.is_disabled()
        && let Some(parent) = carried_by(event)
    {
        // Without an OpenTelemetry layer, there is no parent to set.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

pub(super) fn add_link(span: &Span, event: &Event) {
    if !span.is_disabled()
        && let Some(carried) = carried_by(event)
    {
        span.add_link(carried);
    }
}

/// Counts an event that was published, or that could not be, and the time that this took.
pub(super) fn record_sent(
    destination: Destination<'_>,
    duration: Duration,
    error: Option<&'static str>,
) {
    let mut attributes = vec![
        KeyValue::new("messaging.operation.name", "publish"),
        KeyValue::new("messaging.operation.type", "send"),
        KeyValue::new("messaging.system", destination.system.to_owned()),
        KeyValue::new("messaging.destination.name", destination.name.to_owned()),
    ];
    attributes.extend(error.map(|error| KeyValue::new("error.type", error)));
    SENT_MESSAGES.add(1, &attributes);
    OPERATION_DURATION.record(duration.as_secs_f64(), &attributes);
}
