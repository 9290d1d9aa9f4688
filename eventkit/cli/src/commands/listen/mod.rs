//! `eventkit listen`.

#[cfg(feature = "http")]
mod http_server;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "rabbitmq")]
mod rabbitmq;
mod received;
mod source;

use clap::{Args, ValueEnum};
use eventkit::transport::Subscription;

use self::received::Received;
use self::source::Source;
use crate::address::{Address, VARIABLE};
use crate::broker::BrokerArguments;
use crate::commands::filter;
use crate::failure::{Failure, Status};
use crate::output::{self, Output};
use crate::signals::Interrupts;
use crate::transport::{self, Publishing};

const EXAMPLES: &str = "\
Examples:
  eventkit listen --bind 127.0.0.1:8080
  eventkit listen nats://localhost:4222/shop --type 'co.outcome.order.*' | jq .subject
  eventkit listen amqp://localhost --exchange shop --filter \"subject LIKE 'eu-%'\" --count 10
  eventkit listen nats://localhost:4222/shop --durable audit --start oldest > audit.jsonl

Without --durable, the subscription ends with the command, and takes no event from any service. With it, the broker \
remembers which events were printed, and continues there the next time; two commands with the same name share the \
events. An event is acknowledged once it is written, so none is lost if the command is killed.";

/// Receives events, and prints them as JSON Lines
///
/// Events come from NATS or RabbitMQ, or with --bind over HTTP. Ctrl-C ends the command.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Listen {
    /// `nats://host:4222/stream` or `amqp://host:5672/vhost`
    #[arg(env = VARIABLE, hide_env_values = true, required_unless_present = "bind")]
    url: Option<String>,
    /// The address of an HTTP server that receives events, such as 127.0.0.1:8080
    #[arg(long, value_name = "ADDRESS", help_heading = "HTTP")]
    bind: Option<String>,
    /// The file with the bearer token that senders need
    #[arg(long, value_name = "FILE", requires = "bind", help_heading = "HTTP")]
    token_file: Option<std::path::PathBuf>,
    /// An event type or a pattern, such as `co.outcome.order.*`; may be repeated
    #[arg(long = "type", value_name = "PATTERN", default_value = "*")]
    types: Vec<String>,
    /// An expression of CloudEvents SQL; other events are not printed
    #[arg(long, value_name = "CESQL")]
    filter: Option<String>,
    /// End after this number of printed events
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// The name of a durable subscription
    #[arg(long, value_name = "NAME", conflicts_with = "bind")]
    durable: Option<String>,
    /// Where a new subscription starts; RabbitMQ has no older events
    #[arg(long, default_value = "new", conflicts_with = "bind")]
    start: Start,
    #[command(flatten)]
    broker: BrokerArguments,
}

/// The start of a new subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Start {
    /// The next event
    New,
    /// The oldest stored event
    Oldest,
}

impl Listen {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Failure> {
        let expression = self.filter.as_deref().map(filter::parse).transpose()?;
        let mut interrupts = Interrupts::new()?;
        let mut source = tokio::select! {
            source = self.open() => source?,
            () = interrupts.next() => return Err(Failure::reported(Status::Interrupted)),
        };
        let selects = |event: &eventkit::Event| {
            expression
                .as_ref()
                .is_none_or(|own| own.evaluate(event).passes())
        };
        let mut printed = 0;
        let result = loop {
            if self.count.is_some_and(|count| printed >= count) {
                break Ok(());
            }
            let received = tokio::select! {
                biased;
                // Without a count, a signal is the only end.
                () = interrupts.next() => break match self.count {
                    Some(_) => Err(Failure::reported(Status::Interrupted)),
                    None => Ok(()),
                },
                received = source.next() => received,
            };
            match received {
                Ok(received) => match handle(received, &selects, output).await {
                    Ok(is_printed) => printed += u64::from(is_printed),
                    Err(failure) => break Err(failure),
                },
                Err(failure) => break Err(failure),
            }
        };
        source.close().await;
        result
    }

    async fn open(&self) -> Result<Source, Failure> {
        let subscription = self.subscription()?;
        if let Some(address) = &self.bind {
            return self.bind(address, &subscription).await;
        }
        let Some(url) = &self.url else {
            return Err(Failure::usage("a URL is missing"));
        };
        let address = Address::parse(url)?;
        if self.start == Start::Oldest && matches!(address, Address::RabbitMq(_)) {
            return Err(Failure::usage(
                "RabbitMQ has no older events: --start oldest needs NATS",
            ));
        }
        let source = match &address {
            Address::Http(_) => {
                return Err(Failure::usage("to receive events over HTTP, use --bind"));
            }
            #[cfg(feature = "nats")]
            Address::Nats { servers, stream } if self.durable.is_none() => {
                let is_new = self.start == Start::New;
                let stream = self.broker.stream(stream.as_deref())?;
                let opening = nats::open(servers, stream, &self.broker, subscription, is_new);
                Source::Nats(Box::new(opening.await?))
            }
            #[cfg(feature = "rabbitmq")]
            Address::RabbitMq(url) if self.durable.is_none() => {
                let opening = rabbitmq::open(url, &self.broker, subscription);
                Source::RabbitMq(Box::new(opening.await?))
            }
            address => {
                let opening = transport::connect(&self.broker, address, Publishing::default());
                Source::Consumer(opening.await?.subscribe(&subscription).await?)
            }
        };
        output::note("listening; end with Ctrl-C");
        Ok(source)
    }

    #[cfg(feature = "http")]
    async fn bind(&self, address: &str, subscription: &Subscription) -> Result<Source, Failure> {
        let token_file = self.token_file.as_ref();
        let server = http_server::open(address, token_file, subscription).await?;
        Ok(Source::Http(server))
    }

    #[cfg(not(feature = "http"))]
    #[expect(clippy::unused_async, reason = "the server needs a feature")]
    async fn bind(&self, _: &str, _: &Subscription) -> Result<Source, Failure> {
        Err(transport::missing_feature("http"))
    }

    /// Returns the subscription; its name only matters if it is durable.
    fn subscription(&self) -> Result<Subscription, Failure> {
        let name = self.durable.as_deref().unwrap_or("eventkit-listen");
        // The names of the subscriptions of services have this separator.
        if name.contains("--") {
            return Err(Failure::usage(format!(
                "`{name}` may be the subscription of a service, whose events it would take: use a name without `--`"
            )));
        }
        let mut subscription = Subscription::new(name, &self.types);
        subscription
            .check_patterns()
            .map_err(|error| Failure::usage(error.to_string()))?;
        subscription.start = Some(match self.start {
            Start::New => eventkit::transport::StartPosition::New,
            Start::Oldest => eventkit::transport::StartPosition::Oldest,
        });
        Ok(subscription)
    }
}

/// Prints an event and acknowledges it; returns whether it was printed.
async fn handle(
    received: Received,
    selects: &impl Fn(&eventkit::Event) -> bool,
    output: &mut Output,
) -> Result<bool, Failure> {
    let is_printed = match &received.event {
        Ok(event) if selects(event) => {
            output.line(filter::encode(event)?)?;
            output.flush()?;
            true
        }
        Ok(_) => false,
        Err(reason) => {
            output::warn(format_args!(
                "received a message that is not an event: {reason}"
            ));
            false
        }
    };
    if let Some(handle) = received.handle
        && let Err(error) = handle.ack().await
    {
        output::warn(format_args!(
            "an event was printed, but is delivered again: {}",
            eventkit::transport::with_causes(&error)
        ));
    }
    Ok(is_printed)
}
