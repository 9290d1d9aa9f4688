//! The sources of events.

use eventkit::transport::Consumer;

use super::received::{self, Received};
use crate::failure::Failure;

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
            Self::Consumer(consumer) => received::next(&mut **consumer).await,
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
            Self::Consumer(consumer) => received::close(consumer).await,
            #[cfg(feature = "http")]
            Self::Http(server) => server.close().await,
            #[cfg(feature = "nats")]
            Self::Nats(source) => source.close().await,
            #[cfg(feature = "rabbitmq")]
            Self::RabbitMq(source) => source.close().await,
        }
    }
}
