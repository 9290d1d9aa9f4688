//! What an author of a transport says of it.

use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::{BoxFuture, Transport};

/// Says how to reach a transport, and what it promises.
///
/// Only [`open`](Self::open) has to be written.
pub trait Setup: Sync {
    /// Opens the transport. Each call stands for another process on the same broker: what one
    /// publishes, the others get.
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Transport>, BoxError>>;

    /// Returns why nothing is to be checked, for instance since there is no broker on purpose.
    fn left_out(&self) -> Option<String> {
        None
    }

    /// Returns a short `ack_wait` that the transport can do; one second, unless it says otherwise.
    fn ack_wait(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Returns how long to wait for what has to happen; 20 seconds, unless it says otherwise.
    fn patience(&self) -> Duration {
        Duration::from_secs(20)
    }

    /// Returns whether a consumer gets messages in the order they were published in, as long as
    /// none is given back.
    fn keeps_order(&self) -> bool {
        true
    }

    /// Returns whether [`Published::duplicate`](eventkit::transport::Published::duplicate) tells of
    /// events that are published twice.
    fn finds_duplicates(&self) -> bool {
        true
    }

    /// Returns whether a message that is no event comes to a consumer as it is; one that answers its
    /// publisher may refuse it there.
    fn gives_what_is_no_event(&self) -> bool {
        true
    }

    /// Returns how many bytes of data an event has to be able to have; one million, unless it says
    /// otherwise.
    fn large(&self) -> usize {
        1_000_000
    }

    /// Stops the broker as hard as it can, and starts it again with what it has stored; `None`
    /// where that cannot be done.
    ///
    /// Transports that were opened before may still be used: they have to find the way back.
    fn restart(&self) -> Option<BoxFuture<'_, Result<(), BoxError>>> {
        None
    }
}
