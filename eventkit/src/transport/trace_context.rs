//! The trace context of events: the distributed tracing extension.

use std::borrow::Cow;

use crate::event::{AttributeValue, Event};
use crate::extension::{Extension, TraceParent, TraceState};

/// The context of a span, as it is written to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraceContext {
    pub(crate) parent: TraceParent,
    pub(crate) state: Option<TraceState>,
}

impl TraceContext {
    /// Returns the context as values of attributes.
    pub(crate) fn into_attributes(self) -> (AttributeValue, Option<AttributeValue>) {
        let Self { parent, state } = self;
        let state = state.map(|state| state.to_string().into());
        (parent.to_string().into(), state)
    }

    /// Returns the event with this context, unless it has a trace context of its own.
    pub(crate) fn into_event(self, event: &Event) -> Cow<'_, Event> {
        if has_trace_context(event) {
            return Cow::Borrowed(event);
        }
        let mut event = event.clone();
        let (parent, state) = self.into_attributes();
        let attributes = [(TraceParent::NAME, Some(parent)), (TraceState::NAME, state)];
        for (name, value) in attributes {
            if let Some(value) = value {
                // The texts are valid, and so are the names.
                let _ = event.set_extension(name, value);
            }
        }
        Cow::Owned(event)
    }
}

/// Returns whether an event says which trace it belongs to.
pub(crate) fn has_trace_context(event: &Event) -> bool {
    [TraceParent::NAME, TraceState::NAME]
        .into_iter()
        .any(|name| event.extension(name).is_some())
}
