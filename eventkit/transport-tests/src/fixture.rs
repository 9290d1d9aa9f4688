//! The transport under test.

use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::{BoxFuture, Transport};

/// A transport under test, and the guarantees it gives.
///
/// Only [`open`](Self::open) is required.
///
/// The front page of the [crate] has an implementation.
pub trait Fixture: Sync {
    /// Opens the transport. Each call represents another process on the same broker, which receives
    /// the messages that the other ones publish.
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Transport>, BoxError>>;

    /// Returns the reason to skip all checks, such as a broker that is disabled on this machine.
    fn skip_reason(&self) -> Option<String> {
        None
    }

    /// Returns a short `ack_wait` that the transport supports; one second by default.
    fn ack_wait(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Returns the time limit for everything that must happen; 20 seconds by default.
    fn timeout(&self) -> Duration {
        Duration::from_secs(20)
    }

    /// Returns whether a consumer receives messages in the order of their publishing, as long as
    /// none is returned.
    fn keeps_order(&self) -> bool {
        true
    }

    /// Returns whether [`Published::duplicate`](eventkit::transport::Published::duplicate) reports
    /// events that are published again.
    fn detects_duplicates(&self) -> bool {
        true
    }

    /// Returns whether a consumer receives messages that are not events. A transport that responds
    /// to the publisher may reject them instead.
    fn delivers_invalid_messages(&self) -> bool {
        true
    }

    /// Returns whether messages of [reserved](eventkit::transport::is_reserved) event types are
    /// delivered as such. A transport without a destination per event type does not support this.
    fn has_reserved_types(&self) -> bool {
        true
    }

    /// Returns whether subscriptions outlive their processes, so that several deployments may share
    /// them. Otherwise the checks of selections, start positions and former names are skipped.
    fn has_durable_subscriptions(&self) -> bool {
        true
    }

    /// Returns the size of data that the transport must be able to carry, in bytes; one million by
    /// default.
    fn large_data_size(&self) -> usize {
        1_000_000
    }

    /// Kills the broker and starts it again with its stored data; `None` if that is not possible.
    ///
    /// Transports that were opened before remain in use, and must reconnect.
    fn restart(&self) -> Option<BoxFuture<'_, Result<(), BoxError>>> {
        None
    }
}
