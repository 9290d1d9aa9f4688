//! The trait of inboxes.

use std::fmt::Debug;
use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::BoxFuture;

/// The key of one event at one handler.
///
/// Two events with the same source and id are one event (core specification, 3.1.1), and each
/// handler has to see it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct InboxKey<'a> {
    /// The source of the event.
    pub source: &'a str,
    /// The id of the event.
    pub id: &'a str,
    /// The durable name of the handler's subscription.
    pub handler: &'a str,
}

impl<'a> InboxKey<'a> {
    /// Creates a key.
    #[must_use]
    pub fn new(source: &'a str, id: &'a str, handler: &'a str) -> Self {
        Self {
            source,
            id,
            handler,
        }
    }
}

/// The answer of an [`Inbox`] to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The handler may run. Other claims are refused until this one is completed or released, or its
    /// lease ends.
    Granted,
    /// The handler is running already, in this process or in another one.
    InProgress,
    /// The handler has succeeded.
    Completed,
}

/// A store that remembers which events each handler has handled.
///
/// With an inbox, an event that is delivered again within the window of the store runs no handler
/// twice: neither if its acknowledgement was lost, nor if a broker delivers it to two processes. If a
/// process dies between the end of a handler and [`complete`](Inbox::complete), the store cannot know
/// that the handler had succeeded, and the event runs once more after the lease.
pub trait Inbox: Debug + Send + Sync {
    /// Claims an event for a handler; a granted claim expires after the lease.
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot tell; the event is tried again later.
    fn claim<'a>(
        &'a self,
        key: InboxKey<'a>,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, BoxError>>;

    /// Records that the handler has succeeded.
    ///
    /// # Errors
    ///
    /// Returns an error if the store could not be told.
    fn complete<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>>;

    /// Releases a claim whose handler failed or did not run.
    ///
    /// # Errors
    ///
    /// Returns an error if the store could not be told; the claim then ends with its lease.
    fn release<'a>(&'a self, key: InboxKey<'a>) -> BoxFuture<'a, Result<(), BoxError>>;
}
