//! The event types to which services publish messages of their own.

use super::TransportError;

/// The prefix of the event types that dead letters are published to.
pub const DEAD_LETTER_PREFIX: &str = "eventkit.deadletter.";

/// The prefix of the event types that replays are published to.
pub const REPLAY_PREFIX: &str = "eventkit.replay.";

/// Returns whether messages of this event type are written by services alone.
///
/// They are published [raw](super::Publisher::publish_raw), and an event of such a type is not
/// published.
#[must_use]
pub fn is_reserved(ty: &str) -> bool {
    ty.starts_with(DEAD_LETTER_PREFIX) || ty.starts_with(REPLAY_PREFIX)
}

/// Checks that events of a type may be published.
///
/// # Errors
///
/// Returns an error if the type is [reserved](is_reserved).
pub fn check_not_reserved(ty: &str) -> Result<(), TransportError> {
    if is_reserved(ty) {
        return Err(TransportError::rejected(format!(
            "the event type `{ty}` is reserved for dead letters and replays"
        )));
    }
    Ok(())
}

/// The event type and the headers of a message that was published raw to a [reserved](is_reserved)
/// event type.
///
/// What they say is trusted, whereas attributes of an event are its sender's: a transport must not
/// take either from the event.
///
/// ```
/// use eventkit::transport::{ReservedMessage, is_reserved};
///
/// let ty = "eventkit.deadletter.shop";
/// assert!(is_reserved(ty));
/// let message = ReservedMessage::new(ty, vec![]);
/// assert_eq!(message.ty, ty);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReservedMessage {
    /// The event type that the message was published to. The event itself has its own.
    pub ty: String,
    /// The headers, those of the binding included.
    pub headers: Vec<(String, String)>,
}

impl ReservedMessage {
    /// Creates it from the event type and the headers of the message.
    pub fn new(ty: impl Into<String>, headers: Vec<(String, String)>) -> Self {
        Self {
            ty: ty.into(),
            headers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_below_the_prefixes_are_reserved() {
        for ty in ["eventkit.deadletter.shop", "eventkit.replay.shop--receipt"] {
            assert!(is_reserved(ty) && check_not_reserved(ty).is_err(), "{ty}");
        }
        for ty in ["eventkit", "eventkit.replayed", "order.eventkit.replay.a"] {
            assert!(!is_reserved(ty) && check_not_reserved(ty).is_ok(), "{ty}");
        }
    }
}
