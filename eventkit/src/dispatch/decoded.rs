//! An event in both of its forms: as envelope and as typed value.

use std::any::TypeId;
use std::sync::{Arc, OnceLock};

use super::failure::Failure;
use crate::error::DecodeError;
use crate::event::{AttributeRef, Event};
use crate::typed::{
    AttributeSource, CloudEvent, MakeShared, SharedError, SharedEvent, SharedValue as Value,
    TypedAttributes, shared_value,
};

/// A dispatched value, with its event type.
#[derive(Debug, Clone, Copy)]
pub struct TypedValue<'a> {
    /// The value itself.
    pub(super) value: &'a Value,
    /// The payload that most handlers take: the value itself, or the content of an enum variant.
    pub(super) payload: &'a Value,
    /// The type of the payload.
    pub(super) payload_type: TypeId,
    /// The event type.
    event_type: &'a str,
}

impl<'a> TypedValue<'a> {
    #[inline]
    pub(super) fn new<T: CloudEvent>(value: &'a T) -> Self {
        let payload = value.payload();
        Self {
            value,
            payload,
            payload_type: if T::CLOSED_SET {
                payload.type_id()
            } else {
                TypeId::of::<T>()
            },
            event_type: value.event_type(),
        }
    }
}

/// An event as envelope, as typed value, or both.
///
/// The value of each Rust type is created at most once: it is the dispatched value, an enum around
/// it, or decoded from the envelope.
#[derive(Debug)]
pub(crate) struct DecodedEvent<'a> {
    typed: Option<TypedValue<'a>>,
    envelope: Option<&'a Event>,
    /// The attributes for filters, if there is no envelope.
    attributes: Option<&'a TypedAttributes>,
    is_shared: bool,
    made: OnceLock<Made>,
}

/// A created value, linked to the values of other types.
#[derive(Debug)]
struct Made {
    ty: TypeId,
    value: Result<Box<Value>, SharedError>,
    next: OnceLock<Box<Made>>,
}

impl Made {
    fn value(&self) -> Result<&Value, SharedError> {
        match &self.value {
            Ok(value) => Ok(&**value),
            Err(error) => Err(Arc::clone(error)),
        }
    }
}

/// The error for a handler that needs an envelope that is not present.
const MISSING_ENVELOPE: &str = "the event has no envelope";

#[cold]
pub(super) fn missing_envelope() -> Failure {
    Failure::Extract {
        parameter: "Event",
        error: MISSING_ENVELOPE.into(),
    }
}

impl<'a> DecodedEvent<'a> {
    /// Returns an event that several handlers share.
    #[inline]
    pub(super) fn new(
        typed: Option<TypedValue<'a>>,
        envelope: Option<&'a Event>,
        attributes: Option<&'a TypedAttributes>,
    ) -> Self {
        Self {
            typed,
            envelope,
            attributes,
            is_shared: true,
            made: OnceLock::new(),
        }
    }

    /// Returns an event that only one handler takes.
    pub(super) fn of_one_handler(envelope: &'a Event) -> Self {
        Self {
            is_shared: false,
            ..Self::new(None, Some(envelope), None)
        }
    }

    #[inline]
    pub(super) fn envelope(&self) -> Option<&'a Event> {
        self.envelope
    }

    /// Returns the dispatched payload if it has this type.
    #[inline]
    pub(super) fn payload<T: CloudEvent>(&self) -> Option<&T> {
        self.typed?.payload.downcast_ref()
    }

    /// Returns the dispatched value or its payload if it has this type.
    fn dispatched(&self, ty: TypeId) -> Option<&'a Value> {
        let typed = self.typed?;
        if typed.payload_type == ty {
            return Some(typed.payload);
        }
        Some(typed.value).filter(|value| (**value).type_id() == ty)
    }

    /// Returns the value of a type: the dispatched one, or one created from it or from the
    /// envelope.
    pub(super) fn value<T: CloudEvent>(&self) -> Result<&T, Failure> {
        shared_value(self).map_err(Failure::Decode)
    }

    fn made(&self, ty: TypeId) -> Option<&Made> {
        let mut made = self.made.get()?;
        while made.ty != ty {
            made = made.next.get()?;
        }
        Some(made)
    }

    fn add(&self, made: Made) {
        let Err(made) = self.made.set(made) else {
            return;
        };
        let (mut made, mut last) = (Box::new(made), self.made.get());
        while let Some(own) = last {
            let Err(rejected) = own.next.set(made) else {
                return;
            };
            (made, last) = (rejected, own.next.get().map(|next| &**next));
        }
    }
}

impl SharedEvent for DecodedEvent<'_> {
    fn event_type(&self) -> &str {
        let dispatched = self.typed.map(|typed| typed.event_type);
        dispatched.unwrap_or_else(|| self.envelope.map_or("", Event::ty))
    }

    fn is_shared(&self) -> bool {
        self.is_shared
    }

    fn value(&self, ty: TypeId, make: MakeShared) -> Result<&Value, SharedError> {
        if let Some(value) = self.dispatched(ty) {
            return Ok(value);
        }
        if self.made(ty).is_none() {
            // `make` may call this function for the variant of an enum.
            let value = make(self);
            let next = OnceLock::new();
            self.add(Made { ty, value, next });
        }
        let missing = || Err(DecodeError::not_an_event(MISSING_ENVELOPE).into());
        self.made(ty).map_or_else(missing, Made::value)
    }

    fn decodable(&self) -> Result<&Event, DecodeError> {
        let event = self.envelope();
        event.ok_or_else(|| DecodeError::not_an_event(MISSING_ENVELOPE))
    }
}

/// Provides the attributes to filters without encoding the data.
impl AttributeSource for DecodedEvent<'_> {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        match self.envelope() {
            Some(event) => event.attribute(name),
            None => self.attributes?.attribute(name),
        }
    }
}
