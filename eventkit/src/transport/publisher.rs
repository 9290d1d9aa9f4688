//! The sending side of a transport.

use super::publish_all::{PublishAllError, Publishing};
use super::{BoxFuture, Destination, RawMessage, TransportError, TransportErrorKind};
use crate::event::Event;
use crate::typed::ToEvent;

/// A destination for events.
///
/// [`PublisherExt`] adds `publish`, which also takes typed values:
///
/// ```
/// use eventkit::transport::{Publisher, PublisherExt, TransportError};
/// use eventkit::CloudEvent;
///
/// async fn publish_both<A: CloudEvent, B: CloudEvent>(
///     publisher: &dyn Publisher,
///     first: &A,
///     second: &B,
/// ) -> Result<(), TransportError> {
///     publisher.publish(first).await?;
///     publisher.publish(second).await?;
///     Ok(())
/// }
/// ```
pub trait Publisher: Send + Sync {
    /// Publishes an event, and returns once it is stored.
    ///
    /// Two events with the same source and id are the same event (core specification, 3.1.1). A
    /// transport that detects duplicates does not store the second one, and reports it as a
    /// [duplicate](Published::duplicate). Most brokers, such as NATS, and the in-memory transport
    /// compare only the ids, not the content. A transport that does compare it returns an error of the
    /// kind [`Rejected`](TransportErrorKind::Rejected) if the content differs.
    ///
    /// A transport that stores events for the subscriptions that exist reports an event that none of them
    /// selects as [unrouted](Published::unrouted).
    ///
    /// A transport that delivers [reserved](super::is_reserved) messages as such must refuse events
    /// of a reserved type: any sender can choose the type of an event.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm the event; it may still be stored. The
    /// kind [`Rejected`](TransportErrorKind::Rejected) means that the event itself was refused. After
    /// any other kind the event can be published again; a service retries until it is stored.
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>>;

    /// Publishes a message as it is, to the destination of an event type. The message need not be an
    /// event.
    ///
    /// The headers and the body follow the protocol binding, or the HTTP binding, whatever the protocol:
    /// `content-type`, and in binary content mode headers that begin with `ce-`. If they carry an event,
    /// the message must be [delivered](super::Incoming::event) as that event: dead letters are stored and
    /// replayed this way, with the headers of the HTTP binding.
    ///
    /// A message for a [reserved](super::is_reserved) event type is delivered together with [its
    /// headers](super::Incoming::reserved). Only services publish to such a type: if several programs
    /// share a broker, configure it to refuse this to all other programs.
    ///
    /// Two messages with the same [id](RawMessage::id) are the same message, like two events with the
    /// same source and id.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm the message; it may still be stored.
    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>>;

    /// Checks the configuration, without a connection. A service that publishes calls this when it is
    /// built. The default implementation accepts every configuration.
    ///
    /// # Errors
    ///
    /// Returns an error if publishing can never succeed, for instance because no destination is
    /// configured.
    fn check_publishing(&self) -> Result<(), TransportError> {
        Ok(())
    }

    /// Returns the destination for telemetry. It must not contain credentials.
    ///
    /// A transport returns the same one for what it delivers. The default implementation returns
    /// `None`; a service then uses the [name](super::Transport::name) of the transport.
    fn destination(&self) -> Option<Destination<'_>> {
        None
    }
}

/// An extension trait that publishes typed values, for every [`Publisher`].
///
/// Each transport also has an inherent `publish` method. This trait provides it for `dyn Publisher`
/// and for generic code.
pub trait PublisherExt: Publisher {
    /// Publishes an event or a typed value, and returns once it is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the broker did not confirm the event.
    fn publish<'a, E: ToEvent + ?Sized>(
        &'a self,
        event: &'a E,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            let event = event.to_event_cow().map_err(|error| {
                TransportError::new(TransportErrorKind::Rejected, "failed to encode the event")
                    .with_source(error)
            })?;
            self.publish_event(&event).await
        })
    }

    /// Publishes events or typed values, and returns their number once all are stored.
    ///
    /// Up to 100 events are in flight at a time; when one is confirmed, the next one is sent. Events
    /// are sent in order, but a transport that sends one of them again may store it after later ones.
    ///
    /// ```
    /// use eventkit::CloudEvent;
    /// use eventkit::transport::{PublishAllError, Publisher, PublisherExt};
    ///
    /// async fn import<E: CloudEvent>(
    ///     publisher: &dyn Publisher,
    ///     orders: Vec<E>,
    /// ) -> Result<(), PublishAllError> {
    ///     let count = publisher.publish_all(orders).await?;
    ///     println!("published {count} orders");
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a value cannot be encoded, or if the broker did not confirm an event. In
    /// this case no more events are sent, and those in flight are awaited; the error lists the events
    /// that were not published.
    fn publish_all<'a, I>(&'a self, events: I) -> BoxFuture<'a, Result<usize, PublishAllError>>
    where
        I: IntoIterator,
        I::IntoIter: Send + 'a,
        I::Item: ToEvent + Send + Sync + 'a,
    {
        // `Publishing` may call `next` again after the iterator has ended.
        let events = events.into_iter().fuse();
        let publishing = events.map(move |event| -> BoxFuture<'a, _> {
            Box::pin(async move { self.publish(&event).await })
        });
        Box::pin(Publishing::new(publishing).run())
    }
}

impl<P: Publisher + ?Sized> PublisherExt for P {}

/// The result of publishing an event.
///
/// ```
/// use eventkit::transport::Published;
///
/// let published = Published::at(42).duplicate(true);
/// assert_eq!(published.position, Some(42));
/// assert!(published.duplicate);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Published {
    /// The position in the order of the transport, if it has one.
    pub position: Option<u64>,
    /// Whether the transport already had the event and did not store it again.
    pub duplicate: bool,
    /// Whether the transport did not store the event because no subscription selects it. A transport that
    /// keeps events for later subscriptions never sets this.
    pub unrouted: bool,
}

impl Published {
    /// Creates the result for an event stored at a position.
    #[must_use]
    pub fn at(position: u64) -> Self {
        Self {
            position: Some(position),
            ..Self::default()
        }
    }

    /// Sets whether the transport already had the event.
    #[must_use]
    pub fn duplicate(mut self, duplicate: bool) -> Self {
        self.duplicate = duplicate;
        self
    }

    /// Sets whether no subscription selects the event, which is not stored.
    #[must_use]
    pub fn unrouted(mut self, unrouted: bool) -> Self {
        self.unrouted = unrouted;
        self
    }
}
