//! The transport under test.

use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::{BoxFuture, Transport};

/// A transport under test, and what it guarantees.
///
/// Only [`open`](Self::open) is required.
///
/// The front page of the [crate] has an implementation.
pub trait Fixture: Sync {
    /// Opens the transport. Each call stands for another process on the same broker, which receives
    /// what the others publish.
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Transport>, BoxError>>;

    /// Returns why all checks are skipped, such as a broker that is disabled on this machine.
    fn skip_reason(&self) -> Option<String> {
        None
    }

    /// Returns a short `ack_wait` that the transport supports; one second by default.
    fn ack_wait(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Returns the time limit of everything that has to happen; 20 seconds by default.
    fn timeout(&self) -> Duration {
        Duration::from_secs(20)
    }

    /// Returns whether a consumer receives messages in the order of publishing, as long as none is
    /// returned.
    fn keeps_order(&self) -> bool {
        true
    }

    /// Returns whether [`Published::duplicate`](eventkit::transport::Published::duplicate) reports
    /// events that are published twice.
    fn detects_duplicates(&self) -> bool {
        true
    }

    /// Returns whether a consumer receives messages that are not events. A transport that responds to
    /// the publisher may reject them instead.
    fn delivers_invalid_messages(&self) -> bool {
        true
    }

    /// Returns whether messages of [reserved](eventkit::transport::is_reserved) event types are
    /// delivered as such. A transport without a destination for each event type has none.
    fn has_reserved_types(&self) -> bool {
        true
    }

    /// Returns whether subscriptions outlive their processes, which may be of several deployments. A
    /// transport whose subscriptions end with their process has no selections, start positions and former
    /// names to keep.
    fn has_durable_subscriptions(&self) -> bool {
        true
    }

    /// Returns the size of data that the transport has to carry, in bytes; one million by default.
    fn large_data_size(&self) -> usize {
        1_000_000
    }

    /// Kills the broker and starts it again with what it has stored; `None` if that is not possible.
    ///
    /// Transports that were opened before stay in use, and have to reconnect.
    fn restart(&self) -> Option<BoxFuture<'_, Result<(), BoxError>>> {
        None
    }
}
