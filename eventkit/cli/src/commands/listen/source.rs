//! The sources of events.

use eventkit::Event;
use eventkit::transport::{AckHandle, Consumer, with_causes};

use crate::failure::Failure;

/// A message that was received.
pub(super) struct Received {
    /// The event, or the reason why the message is not one.
    pub(super) event: Result<Event, String>,
    /// The handle that acknowledges the message, unless it needs no acknowledgement.
    pub(super) handle: Option<AckHandle>,
}

pub(super) enum Source {
    /// A subscription of a transport.
    Consumer(Box<dyn Consumer>),
    #[cfg(feature = "http")]
    Http(super::http_server::Server),
    #[cfg(feature = "nats")]
    Nats(Box<super::nats::Ephemeral>),
    #[cfg(feature = "rabbitmq")]
    RabbitMq(Box<super::rabbitmq::Ephemeral>),
}

impl Source {
    /// Waits for the next message. No message is lost if the future is dropped.
    pub(super) async fn next(&mut self) -> Result<Received, Failure> {
        match self {
            Self::Consumer(consumer) => next(&mut **consumer).await,
            #[cfg(feature = "http")]
            Self::Http(server) => server.next().await,
            #[cfg(feature = "nats")]
            Self::Nats(source) => source.next().await,
            #[cfg(feature = "rabbitmq")]
            Self::RabbitMq(source) => source.next().await,
        }
    }

    /// Returns messages that were not printed to the broker, and ends the subscription.
    pub(super) async fn close(self) {
        match self {
            Self::Consumer(consumer) => close(consumer).await,
            #[cfg(feature = "http")]
            Self::Http(server) => server.close().await,
            #[cfg(feature = "nats")]
            Self::Nats(source) => source.close().await,
            #[cfg(feature = "rabbitmq")]
            Self::RabbitMq(source) => source.close().await,
        }
    }
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
        crate::output::warn(with_causes(&error));
    }
}
