//! The event types that are reserved for services.

use super::TransportError;

/// The prefix of the event types of dead letters.
pub const DEAD_LETTER_PREFIX: &str = "eventkit.deadletter.";

/// The prefix of the event types of replays.
pub const REPLAY_PREFIX: &str = "eventkit.replay.";

/// Returns whether an event type is reserved for the messages of services.
///
/// Services publish these messages [raw](super::Publisher::publish_raw); an event of a reserved
/// type is refused.
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

/// The event type and headers of a message that was published raw to a [reserved](is_reserved)
/// event type.
///
/// Services trust both, whereas any sender can choose the attributes of an event: a transport must
/// not derive either of them from the event.
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
    /// The event type that the message was published to, which is not the type of the event in it.
    pub ty: String,
    /// The headers, including those of the binding.
    pub headers: Vec<(String, String)>,
}

impl ReservedMessage {
    /// Creates a reserved message from the event type and headers it was published with.
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
