//! `eventkit send`.

mod answer;
mod from_flags;
#[cfg(feature = "http")]
mod http_sender;
mod pipeline;
mod source;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use eventkit::Event;
use eventkit::transport::{Transport, TransportError};

use self::answer::Answer;
use self::from_flags::EventFlags;
use self::source::Source;
use crate::address::{Address, VARIABLE};
use crate::broker::BrokerArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::transport::{self, Publishing};

const EXAMPLES: &str = "\
Examples:
  eventkit send https://example.com/events --type co.outcome.note --source /me --data '{\"text\": \"hi\"}'
  eventkit send https://example.com/events < event.json
  eventkit send nats://localhost:4222/shop --file events.jsonl --in-flight 100
  eventkit send amqp://localhost --exchange shop --file events.jsonl --rate 50

Each event is answered by one line: accepted, stored, duplicate, unrouted, refused, failed or invalid. `unrouted` is an \
event that RabbitMQ did not store, because no queue selects it. After a lost connection no more events are sent.

The exit code is 0 if all events were delivered, 3 if a connection failed, 4 if an event is invalid, and 1 if one was \
refused or unrouted.";

/// Sends events over HTTP, or publishes them to NATS or RabbitMQ
///
/// The events are those of the input: an event, a batch, or JSON Lines. With --type, one event is created from the
/// arguments instead.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Send {
    /// `http://host/path`, `nats://host:4222/stream` or `amqp://host:5672/vhost`
    #[arg(env = VARIABLE, hide_env_values = true)]
    url: String,
    /// The file with the events; the standard input by default
    #[arg(short, long, conflicts_with = "ty")]
    file: Option<PathBuf>,
    #[command(flatten)]
    event: EventFlags,
    #[command(flatten)]
    delivery: DeliveryArguments,
    #[cfg(feature = "http")]
    #[command(flatten)]
    http: crate::http_client::HttpArguments,
    #[command(flatten)]
    broker: BrokerArguments,
}

/// How events are sent.
#[derive(Debug, Args)]
struct DeliveryArguments {
    /// The content mode
    #[arg(long, default_value = "binary")]
    mode: Mode,
    /// The number of events in a request of the mode `batch`
    #[arg(long, value_name = "EVENTS", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    batch_size: u16,
    /// The number of requests in flight; with more than 1, events may overtake each other
    #[arg(long, value_name = "REQUESTS", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: u16,
    /// The maximum number of requests per second
    #[arg(long, value_name = "REQUESTS", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// The template of NATS subjects, such as `orders.{subject}`; `<prefix>.{type}` by default
    #[arg(long, value_name = "TEMPLATE", help_heading = "NATS")]
    subject_template: Option<String>,
}

/// The content mode of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Attributes are headers, and the body is the data
    Binary,
    /// The body is the event, as JSON
    Structured,
    /// The body is a JSON array of events; over HTTP only
    Batch,
}

/// The destination of events.
enum Destination {
    #[cfg(feature = "http")]
    Http(Box<http_sender::HttpSender>),
    Broker(Box<dyn Transport>),
}

impl Send {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Failure> {
        let source = match self.event.to_event()? {
            Some(event) => Source::of_event(event),
            None => Source::of_file(self.file.as_ref())?,
        };
        let destination = self.destination().await?;
        pipeline::run(source, &destination, &self.delivery, output).await
    }

    async fn destination(&self) -> Result<Destination, Failure> {
        let mode = self.delivery.mode;
        match Address::parse(&self.url)? {
            #[cfg(feature = "http")]
            Address::Http(url) => {
                let client = self.http.client(&self.broker)?;
                let sender = http_sender::HttpSender::new(client, &url, mode)?;
                Ok(Destination::Http(Box::new(sender)))
            }
            #[cfg(not(feature = "http"))]
            Address::Http(_) => Err(crate::transport::missing_feature("http")),
            _ if mode == Mode::Batch => Err(Failure::usage(
                "brokers have no batches: --mode batch needs a URL of HTTP",
            )),
            address => {
                let publishing = Publishing {
                    structured: mode == Mode::Structured,
                    subject: self.delivery.subject_template.clone(),
                };
                let transport = transport::connect(&self.broker, &address, publishing).await?;
                Ok(Destination::Broker(transport))
            }
        }
    }
}

impl DeliveryArguments {
    /// Returns the number of events in a request.
    fn request_size(&self) -> usize {
        match self.mode {
            Mode::Batch => self.batch_size.into(),
            Mode::Binary | Mode::Structured => 1,
        }
    }
}

impl Destination {
    /// Sends the events of a request, and returns what became of them.
    async fn send(&self, events: &[Event]) -> Answer {
        match self {
            #[cfg(feature = "http")]
            Self::Http(sender) => sender.send(events).await,
            Self::Broker(transport) => match publish(&**transport, events).await {
                Ok(answer) => answer,
                Err(error) => Answer::of_error(&error),
            },
        }
    }
}

/// Publishes events; there is only one, since brokers have no batches.
async fn publish(transport: &dyn Transport, events: &[Event]) -> Result<Answer, TransportError> {
    let mut answer = Answer::default();
    for event in events {
        answer = Answer::of_published(transport.publish_event(event).await?);
    }
    Ok(answer)
}
