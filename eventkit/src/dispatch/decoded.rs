//! One event in both of its forms: the envelope and the typed value.

use std::any::{Any, TypeId};
use std::sync::{Arc, OnceLock};

use super::failure::Failure;
use crate::error::DecodeError;
use crate::event::{AttributeRef, Event};
use crate::typed::{AttributeSource, CloudEvent, TypedAttributes};

/// A typed value of any type.
pub(crate) type Value = dyn Any + Send + Sync;

/// Decodes an event into a value of one type.
pub(super) type Decode = fn(&Event) -> Result<Box<Value>, DecodeError>;

/// A dispatched value of an event type.
#[derive(Debug, Clone, Copy)]
pub struct TypedValue<'a> {
    /// The value itself.
    pub(super) value: &'a Value,
    /// The payload that most handlers take: the value itself, or the content of an enum variant.
    pub(super) payload: &'a Value,
    /// The type of the payload.
    pub(super) payload_type: TypeId,
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
        }
    }
}

/// An event as envelope or as typed value, or as both.
///
/// A typed value is decoded from the envelope at most once for each type.
#[derive(Debug)]
pub(crate) struct DecodedEvent<'a> {
    typed: Option<TypedValue<'a>>,
    envelope: Option<&'a Event>,
    /// The attributes for filters, if there is no envelope.
    attributes: Option<&'a TypedAttributes>,
    decoded: OnceLock<Decoded>,
}

/// A value that was decoded from the envelope, and the ones of other types after it.
#[derive(Debug)]
struct Decoded {
    ty: TypeId,
    value: Result<Box<Value>, Arc<DecodeError>>,
    next: OnceLock<Box<Decoded>>,
}

/// The error of a handler that needs an envelope where there is none.
const MISSING_ENVELOPE: &str = "the event has no envelope";

#[cold]
pub(super) fn missing_envelope() -> Failure {
    Failure::Extract(MISSING_ENVELOPE.into())
}

impl<'a> DecodedEvent<'a> {
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
            decoded: OnceLock::new(),
        }
    }

    #[inline]
    pub(super) fn envelope(&self) -> Option<&'a Event> {
        self.envelope
    }

    /// Returns the payload of the dispatched value, if it is of this type.
    #[inline]
    pub(super) fn payload<T: CloudEvent>(&self) -> Option<&T> {
        self.typed?.payload.downcast_ref()
    }

    /// Returns the payload of the dispatched value or the value itself, if it is of this type.
    pub(super) fn value<T: CloudEvent>(&self) -> Option<&T> {
        self.payload().or_else(|| self.typed?.value.downcast_ref())
    }

    /// Returns the value of a type, decoded from the envelope if it was not dispatched as one.
    pub(super) fn decoded<T: CloudEvent>(&self) -> Result<&T, Failure> {
        if let Some(value) = self.value() {
            return Ok(value);
        }
        let decode: Decode = |event| Ok(Box::new(T::from_event(event)?));
        let value = self.decoded_value(TypeId::of::<T>(), decode)?;
        value.downcast_ref().ok_or_else(missing_envelope)
    }

    // Not generic, so that it is compiled once.
    fn decoded_value(&self, ty: TypeId, decode: Decode) -> Result<&Value, Failure> {
        let decode = || Decoded {
            ty,
            value: self.decodable_envelope().and_then(decode).map_err(Arc::new),
            next: OnceLock::new(),
        };
        let mut decoded = self.decoded.get_or_init(decode);
        while decoded.ty != ty {
            decoded = decoded.next.get_or_init(|| Box::new(decode()));
        }
        match &decoded.value {
            Ok(value) => Ok(&**value),
            Err(error) => Err(Failure::Decode(Arc::clone(error))),
        }
    }

    /// Returns the envelope to decode a value from.
    pub(super) fn decodable_envelope(&self) -> Result<&Event, DecodeError> {
        let event = self.envelope();
        event.ok_or_else(|| DecodeError::not_an_event(MISSING_ENVELOPE))
    }
}

/// The attributes that filters are evaluated on, without encoding data.
impl AttributeSource for DecodedEvent<'_> {
    fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        match self.envelope() {
            Some(event) => event.attribute(name),
            None => self.attributes?.attribute(name),
        }
    }
}
