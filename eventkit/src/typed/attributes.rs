//! The attributes of a typed value, without its data.

use super::AttributeSource;
use crate::event::{AttributeRef, EventBuilder, EventParts, SPECVERSION, name};

/// The attributes that a typed value has before it is an event.
///
/// See [`CloudEvent::attributes`](super::CloudEvent::attributes).
#[derive(Debug, Clone)]
pub struct TypedAttributes(Box<EventParts>);

impl TypedAttributes {
    pub(crate) fn new(builder: EventBuilder) -> Self {
        Self(Box::new(builder.parts))
    }
}

impl AttributeSource for TypedAttributes {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        let parts = &self.0;
        let text = match name {
            name::SPECVERSION => return Some(AttributeRef::Text(SPECVERSION)),
            name::TIME => return parts.time.map(AttributeRef::Timestamp),
            name::ID => &parts.id,
            name::SOURCE => &parts.source,
            name::TYPE => &parts.ty,
            name::SUBJECT => &parts.subject,
            name::DATACONTENTTYPE => &parts.datacontenttype,
            name::DATASCHEMA => &parts.dataschema,
            _ => {
                let extension = parts.extensions.iter().find(|(own, _)| own == name);
                return extension.map(|(_, value)| AttributeRef::from(value));
            }
        };
        text.as_deref().map(AttributeRef::Text)
    }
}
