//! OpenTelemetry: the contexts of spans, and the counter of published events.

use std::sync::LazyLock;

use opentelemetry::metrics::Counter;
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

/// The events that transports have published, or failed to publish.
static SENT_MESSAGES: LazyLock<Counter<u64>> = LazyLock::new(|| {
    global::meter("eventkit")
        .u64_counter("messaging.client.sent.messages")
        .with_unit("{message}")
        .with_description("Events that were published, or that could not be.")
        .build()
});

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

pub(super) fn count_sent(destination: Destination<'_>, error: Option<&'static str>) {
    let mut attributes = vec![
        KeyValue::new("messaging.operation.name", "publish"),
        KeyValue::new("messaging.system", destination.system.to_owned()),
        KeyValue::new("messaging.destination.name", destination.name.to_owned()),
    ];
    attributes.extend(error.map(|error| KeyValue::new("error.type", error)));
    SENT_MESSAGES.add(1, &attributes);
}
