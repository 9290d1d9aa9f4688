//! Connections to RabbitMQ besides those of the transport.

use std::time::Duration;

use async_rs::TokioRuntime;
use eventkit::transport::with_causes;
use lapin::options::ExchangeDeclareOptions;
use lapin::tcp::{OwnedIdentity, OwnedTLSConfig};
use lapin::types::FieldTable;
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, ErrorKind, ExchangeKind};
use tokio::time::timeout;

use crate::broker::{BrokerArguments, certificates, private_key};
use crate::failure::Failure;

/// The reply codes of AMQP for a missing exchange, and for a connection that is closed without an error.
const NOT_FOUND: u16 = 404;
const REPLY_SUCCESS: u16 = 200;

/// A connection with one channel.
pub(crate) struct Link {
    connection: Connection,
    pub(crate) channel: Channel,
    timeout: Duration,
}

impl Link {
    pub(crate) async fn open(url: &str, arguments: &BrokerArguments) -> Result<Self, Failure> {
        // The text of the error may contain the URL.
        let uri: AMQPUri = url
            .parse()
            .map_err(|_| Failure::usage("the URL of RabbitMQ is malformed"))?;
        let place = format!("RabbitMQ at {}:{}", uri.authority.host, uri.authority.port);
        let tls = tls(arguments)?;
        let tokio = TokioRuntime::tokio_current();
        let properties = ConnectionProperties::default().with_connection_name("eventkit".into());
        let connecting = Connection::connect_uri_with_config(uri, properties, tls, tokio);
        let operation = format!("connect to {place}");
        let connection = answer(&operation, arguments.timeout(), connecting);
        let connection = connection.await?;
        let channel = connection.create_channel();
        let channel = answer("open a channel", arguments.timeout(), channel).await?;
        Ok(Self {
            connection,
            channel,
            timeout: arguments.timeout(),
        })
    }

    /// Waits for the answer to a request.
    pub(crate) async fn answer<T>(
        &self,
        operation: &str,
        request: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, Failure> {
        answer(operation, self.timeout, request).await
    }

    /// Checks that an exchange exists, without declaring it.
    pub(crate) async fn check_exchange(&self, name: &str) -> Result<(), Failure> {
        let options = ExchangeDeclareOptions {
            passive: true,
            ..ExchangeDeclareOptions::default()
        };
        let declaring = self.channel.exchange_declare(
            name.into(),
            ExchangeKind::Topic,
            options,
            FieldTable::default(),
        );
        match timeout(self.timeout, declaring).await {
            Ok(Err(error)) if code(&error) == Some(NOT_FOUND) => Err(Failure::connection(format!(
                "the exchange `{name}` does not exist; --exchange names another one"
            ))),
            // A user who may only publish cannot look up the exchange.
            _ => Ok(()),
        }
    }

    pub(crate) async fn close(self) {
        let closing = self.connection.close(REPLY_SUCCESS, "done".into());
        // The broker notices a connection that is not closed.
        drop(timeout(self.timeout, closing).await);
    }
}

/// Checks that the exchange exists.
pub(crate) async fn check_exchange(url: &str, arguments: &BrokerArguments) -> Result<(), Failure> {
    let link = Link::open(url, arguments).await?;
    let checked = link.check_exchange(&arguments.exchange).await;
    link.close().await;
    checked
}

fn tls(arguments: &BrokerArguments) -> Result<OwnedTLSConfig, Failure> {
    let identity = match (&arguments.client_cert, &arguments.client_key) {
        (Some(certificate), Some(key)) => Some(OwnedIdentity::PKCS8 {
            pem: certificates(certificate)?.into_bytes(),
            key: private_key(key)?.into_bytes(),
        }),
        _ => None,
    };
    Ok(OwnedTLSConfig {
        identity,
        cert_chain: arguments.ca_cert.as_ref().map(certificates).transpose()?,
    })
}

async fn answer<T>(
    operation: &str,
    limit: Duration,
    request: impl Future<Output = lapin::Result<T>>,
) -> Result<T, Failure> {
    match timeout(limit, request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Failure::connection(format!(
            "failed to {operation}: {}",
            with_causes(&error)
        ))),
        Err(_) => Err(Failure::connection(format!(
            "failed to {operation}: no answer within {} seconds",
            limit.as_secs()
        ))),
    }
}

fn code(error: &lapin::Error) -> Option<u16> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => Some(error.get_id()),
        _ => None,
    }
}
