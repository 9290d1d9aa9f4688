//! Conversions between values and events.

use std::borrow::Cow;

use super::CloudEvent;
use crate::error::EncodeError;
use crate::event::{Event, EventBuilder};

/// A value that can become an event: an [`Event`], or a type that derives [`CloudEvent`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot become an event",
    label = "neither an `Event` nor an event type",
    note = "add `#[derive(CloudEvent)]` and `#[cloudevent(type = \"..\")]` to `{Self}`"
)]
pub trait ToEvent: Send + Sync {
    /// Returns the event, borrowed if the value is one already.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded.
    fn to_event_cow(&self) -> Result<Cow<'_, Event>, EncodeError>;
}

impl ToEvent for Event {
    fn to_event_cow(&self) -> Result<Cow<'_, Event>, EncodeError> {
        Ok(Cow::Borrowed(self))
    }
}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> ToEvent for T {
    fn to_event_cow(&self) -> Result<Cow<'_, Event>, EncodeError> {
        self.to_event().map(Cow::Owned)
    }
}

/// Creates the event of a builder. It is compiled once, and not for each type.
pub(super) fn built(builder: Result<EventBuilder, EncodeError>) -> Result<Event, EncodeError> {
    Ok(builder?.build()?)
}
