//! The bodies of the conversions that the derive adds.

use super::CloudEvent;
use crate::error::{DecodeError, EncodeError};
use crate::event::{Event, EventBuilder};

/// Reads a value from an event.
///
/// # Errors
///
/// As for [`CloudEvent::from_event`].
pub fn from_event<T: CloudEvent>(event: &Event) -> Result<T, DecodeError> {
    T::from_event(event)
}

/// Makes the event of a value.
///
/// # Errors
///
/// As for [`CloudEvent::to_event`].
pub fn into_event<T: CloudEvent>(value: &T) -> Result<Event, EncodeError> {
    value.to_event()
}

/// Makes the event of a builder. It is compiled once, and not for each type.
pub(super) fn built(builder: Result<EventBuilder, EncodeError>) -> Result<Event, EncodeError> {
    Ok(builder?.build()?)
}
