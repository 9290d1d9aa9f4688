//! The service whose dead letters are read.

use std::collections::BTreeSet;

use clap::Args;
use eventkit::transport::Transport;
use eventkit_service::DeadLetters;

use crate::address::{Address, VARIABLE};
use crate::broker::BrokerArguments;
use crate::failure::Failure;
use crate::transport::{self, Publishing};

/// The separator between the names of a service and a handler, in the names of subscriptions.
pub(super) const SEPARATOR: &str = "--";

/// The maximum number of dead letters of one reader of `eventkit-service`.
pub(super) const MAX_LETTERS: usize = 10_000;

/// The service, and its broker.
#[derive(Debug, Args)]
pub(super) struct ServiceArguments {
    /// `nats://host:4222/stream` or `amqp://host:5672/vhost`
    #[arg(env = VARIABLE, hide_env_values = true)]
    url: String,
    /// The name of the service
    #[arg(long, value_name = "NAME")]
    pub(super) service: String,
    /// The event type of the dead letters, if the service sets another one
    #[arg(long, value_name = "TYPE")]
    dead_letter_type: Option<String>,
    #[command(flatten)]
    broker: BrokerArguments,
}

impl ServiceArguments {
    /// Connects to the dead letters. A service without subscriptions is an error, since opening its dead letters
    /// would create a subscription under a name that is probably misspelled.
    pub(super) async fn open(&self) -> Result<DeadLetters<Box<dyn Transport>>, Failure> {
        let address = Address::parse(&self.url)?;
        let transport = transport::connect(&self.broker, &address, Publishing::default()).await?;
        self.check_exists(&*transport).await?;
        let letters = DeadLetters::new(transport, &self.service);
        Ok(match &self.dead_letter_type {
            Some(ty) => letters.dead_letter_type(ty),
            None => letters,
        })
    }

    async fn check_exists(&self, transport: &dyn Transport) -> Result<(), Failure> {
        let Some(subscriptions) = transport.subscriptions().await? else {
            return Ok(());
        };
        let services: BTreeSet<&str> = subscriptions
            .iter()
            .filter_map(|own| own.name.split_once(SEPARATOR))
            .map(|(service, _)| service)
            .collect();
        if services.contains(self.service.as_str()) {
            return Ok(());
        }
        let known: Vec<&str> = services.into_iter().collect();
        let known = if known.is_empty() {
            "no service has any".to_owned()
        } else {
            format!("services: {}", known.join(", "))
        };
        Err(Failure::negative(format!(
            "the service `{}` has no subscriptions here; {known}",
            self.service
        )))
    }

    /// Returns the durable name of a handler, such as `billing--receipt` for `receipt`.
    pub(super) fn durable(&self, handler: &str) -> String {
        if handler.contains(SEPARATOR) {
            handler.to_owned()
        } else {
            format!("{}{SEPARATOR}{handler}", self.service)
        }
    }
}
