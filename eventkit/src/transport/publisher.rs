//! The sending side of a transport.

use super::publish_all::{PublishAllError, Publishing};
use super::{BoxFuture, RawMessage, TransportError, TransportErrorKind};
use crate::event::Event;
use crate::typed::ToEvent;

/// A destination that events can be published to.
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
    /// Two events with the same source and id are one event (core specification, 3.1.1): a transport
    /// that can tell does not store the second one, and reports it as a
    /// [duplicate](Published::duplicate). Most brokers remember the ids alone, as NATS and the transport
    /// in memory do, and cannot tell whether the content is the same. One that can returns an error of
    /// the kind [`Rejected`](TransportErrorKind::Rejected) for other content.
    ///
    /// A transport that delivers [reserved](super::is_reserved) messages as such refuses an event of
    /// a reserved type. Its type is the choice of its sender, who may be anyone.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm; the event may be stored or not. With the kind
    /// [`Rejected`](TransportErrorKind::Rejected) the event itself is the reason, and any other kind
    /// may be tried again: a service does so without an end.
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>>;

    /// Publishes a message as it is, for instance one that is not an event, to the destination of an
    /// event type.
    ///
    /// The headers and the body are those of the protocol binding. A message that carries an event in
    /// them, in structured content mode for instance, has to be
    /// [delivered](super::Incoming::event) as that event: this is how dead letters are stored and
    /// replayed.
    ///
    /// A message for a [reserved](super::is_reserved) event type is delivered with
    /// [its headers](super::Incoming::reserved) too. Only services publish to such a type: a broker
    /// that several programs share has to refuse it to all others.
    ///
    /// Two messages with the same [id](RawMessage::id) are one, as two events with the same source and
    /// id are.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker did not confirm; the message may be stored or not.
    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>>;

    /// Checks the configuration, without a connection: a service that publishes calls this when it is
    /// built. The default implementation finds nothing wrong.
    ///
    /// # Errors
    ///
    /// Returns an error if publishing can never succeed, for instance for lack of a destination.
    fn check_publishing(&self) -> Result<(), TransportError> {
        Ok(())
    }
}

/// Publishing of typed values, for every [`Publisher`].
///
/// Each transport has `publish` as a method of its own. This trait gives it to `dyn Publisher` and to
/// generic code.
pub trait PublisherExt: Publisher {
    /// Publishes an event or a typed value, and returns once it is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be encoded, or if the broker did not confirm.
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

    /// Publishes events or typed values, 100 at once, and returns their number once all are stored.
    ///
    /// The next event is taken when one is confirmed. Events that are in flight together are sent in
    /// their order; a transport that sends one of them again may store it after later ones.
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
    /// Returns an error if a value cannot be encoded, or if the broker did not confirm one. No more
    /// events are taken then, and those in flight are waited for: the error says which events were not
    /// published.
    fn publish_all<'a, I>(&'a self, events: I) -> BoxFuture<'a, Result<usize, PublishAllError>>
    where
        I: IntoIterator,
        I::IntoIter: Send + 'a,
        I::Item: ToEvent + Send + Sync + 'a,
    {
        // The iterator may be asked again after it has ended.
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
    /// Whether the transport had the event already, and did not store it again.
    pub duplicate: bool,
}

impl Published {
    /// Creates a result with a position.
    #[must_use]
    pub fn at(position: u64) -> Self {
        Self {
            position: Some(position),
            duplicate: false,
        }
    }

    /// Sets whether the transport had the event already.
    #[must_use]
    pub fn duplicate(mut self, duplicate: bool) -> Self {
        self.duplicate = duplicate;
        self
    }
}
