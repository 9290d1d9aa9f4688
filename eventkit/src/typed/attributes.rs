//! The attributes of a typed value without its data.

use super::AttributeSource;
use crate::event::{AttributeRef, EventBuilder, EventParts, SPECVERSION, name};

/// The attributes of a typed value, before it is encoded as an event.
///
/// See [`CloudEvent::attributes`](super::CloudEvent::attributes).
#[derive(Debug, Clone)]
pub struct TypedAttributes(Box<EventParts>);

impl TypedAttributes {
    pub(crate) fn new(builder: EventBuilder) -> Self {
        Self(builder.parts)
    }
}

impl AttributeSource for TypedAttributes {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        let parts = &self.0;
        match name::core_at(name) {
            Some(name::SPECVERSION_AT) => Some(AttributeRef::Text(SPECVERSION)),
            Some(name::TIME_AT) => parts.time.map(AttributeRef::Timestamp),
            Some(at) => parts.core[at].as_deref().map(AttributeRef::Text),
            None => parts.extension(name).map(AttributeRef::from),
        }
    }
}
