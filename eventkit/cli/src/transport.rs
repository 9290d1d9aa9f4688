//! Connections to brokers, as transports.

#[cfg(any(feature = "nats", feature = "rabbitmq"))]
use eventkit::format::Json;
use eventkit::transport::Transport;

use crate::address::Address;
use crate::broker::BrokerArguments;
use crate::failure::Failure;
#[cfg(feature = "rabbitmq")]
use crate::rabbitmq;

/// How events are published.
#[derive(Debug, Default)]
pub(crate) struct Publishing {
    /// Whether the body is the whole event, as JSON.
    pub(crate) structured: bool,
    /// The template of the subjects of NATS.
    pub(crate) subject: Option<String>,
}

/// Connects to a broker.
pub(crate) async fn connect(
    arguments: &BrokerArguments,
    address: &Address,
    publishing: Publishing,
) -> Result<Box<dyn Transport>, Failure> {
    match address {
        Address::Http(_) => Err(Failure::usage(
            "this needs the URL of a broker: nats://, tls://, amqp:// or amqps://",
        )),
        #[cfg(feature = "nats")]
        Address::Nats { servers, stream } => {
            let mut nats = arguments.nats(servers, stream.as_deref()).await?;
            if publishing.structured {
                nats = nats.structured(Json);
            }
            if let Some(template) = publishing.subject {
                nats = nats.subject(template);
            }
            Ok(Box::new(Box::pin(nats.open()).await?))
        }
        #[cfg(not(feature = "nats"))]
        Address::Nats { .. } => Err(missing_feature("nats")),
        #[cfg(feature = "rabbitmq")]
        Address::RabbitMq(url) => {
            // The transport would create an exchange whose name is misspelled.
            Box::pin(rabbitmq::check_exchange(url, arguments)).await?;
            let mut rabbitmq = arguments.rabbitmq(url)?;
            if publishing.structured {
                rabbitmq = rabbitmq.structured(Json);
            }
            Ok(Box::new(Box::pin(rabbitmq.open()).await?))
        }
        #[cfg(not(feature = "rabbitmq"))]
        Address::RabbitMq(_) => Err(missing_feature("rabbitmq")),
    }
}

/// Returns the failure of a program that was built without a feature.
#[cfg(not(all(feature = "http", feature = "nats", feature = "rabbitmq")))]
pub(crate) fn missing_feature(feature: &str) -> Failure {
    Failure::usage(format!(
        "eventkit was built without the feature `{feature}`"
    ))
}
