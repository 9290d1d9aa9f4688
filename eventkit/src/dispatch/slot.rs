//! Where decoded values are, so that the next one of a type need not be given a new place.

use std::any::Any;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::delivery::Value;
use crate::error::DecodeError;
use crate::event::Event;
use crate::typed::CloudEvent;

/// Is the place of a value of one type: an [`Option`] of it.
pub trait Slot: Any + Send + Sync {
    /// Returns the value, where it is there.
    fn value(&self) -> Option<&Value>;

    /// Drops the value.
    fn clear(&mut self);
}

impl<T: Send + Sync + 'static> Slot for Option<T> {
    fn value(&self) -> Option<&Value> {
        match self {
            Some(value) => Some(value),
            None => None,
        }
    }

    fn clear(&mut self) {
        *self = None;
    }
}

impl fmt::Debug for dyn Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot")
    }
}

/// Decodes an event into a value of one type, and puts it into a slot: the given one, where that is
/// for the type.
pub(super) type Decode = fn(&Event, Option<Box<dyn Slot>>) -> Result<Box<dyn Slot>, DecodeError>;

/// Is the [`Decode`] of a type.
pub(super) fn decode<T: CloudEvent>(
    event: &Event,
    slot: Option<Box<dyn Slot>>,
) -> Result<Box<dyn Slot>, DecodeError> {
    let value = Some(T::from_event(event)?);
    if let Some(mut slot) = slot
        && let Some(place) = (&mut *slot as &mut dyn Any).downcast_mut::<Option<T>>()
    {
        *place = value;
        return Ok(slot);
    }
    Ok(Box::new(value))
}

/// Keeps the place of a value between events that come one after another.
#[derive(Debug, Default)]
pub struct Spare(Mutex<Option<Box<dyn Slot>>>);

impl Spare {
    pub(super) fn take(&self) -> Option<Box<dyn Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps a place, without the value.
    pub fn put(&self, mut slot: Box<dyn Slot>) {
        slot.clear();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(slot);
    }
}
