//! Messages that were received, and the consumers of transports.

use eventkit::Event;
use eventkit::transport::{AckHandle, Consumer, with_causes};

use crate::failure::Failure;
use crate::output;

/// A message that was received.
pub(super) struct Received {
    /// The event, or the reason why the message is not one.
    pub(super) event: Result<Event, String>,
    /// The handle that acknowledges the message, unless it needs no acknowledgement.
    pub(super) handle: Option<AckHandle>,
}

/// Waits for the next message of a consumer.
pub(super) async fn next(consumer: &mut dyn Consumer) -> Result<Received, Failure> {
    let Some(incoming) = consumer.next().await? else {
        return Err(Failure::connection("the subscription has ended"));
    };
    Ok(Received {
        event: incoming
            .event
            .map_err(|invalid| with_causes(&invalid.error)),
        handle: Some(incoming.handle),
    })
}

/// Closes a consumer. Messages that cannot be returned are delivered again later.
pub(super) async fn close(consumer: Box<dyn Consumer>) {
    if let Err(error) = consumer.close().await {
        output::warn(with_causes(&error));
    }
}
