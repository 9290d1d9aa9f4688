//! Exchanges and queues: declaring them, and comparing those that exist.

use std::time::Duration;

use eventkit::transport::TransportError;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

use super::error::{answer, answer_within, is_mismatch, is_not_found, reply, transport_error};
use super::link::{Link, Links};
use crate::mapping::names::{Names, short};
use crate::mapping::routing::Binding;

/// The size from which the broker deletes the oldest entries of the stream of the state, and the size of a segment,
/// which the broker deletes as a whole.
pub(super) const MAX_STATE_BYTES: i64 = 64 << 20;
const MAX_STATE_SEGMENT_BYTES: i64 = 4 << 20;

/// The header by which the exchange of the delays finds the queue. It does not begin with `x-`, since such
/// headers do not take part in routing.
pub(super) const DELAY: &str = "eventkit-return-delay";

/// The number of messages and consumers of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// The messages that no consumer has.
    pub(super) ready: u64,
    pub(super) consumers: u32,
}

/// Declarations and bindings. Each operation uses its own channel, since the broker closes the channel of a request
/// that it refuses.
#[derive(Debug)]
pub(super) struct Administrator<'a> {
    link: &'a Link,
    names: &'a Names,
    timeout: Duration,
}

impl<'a> Administrator<'a> {
    pub(super) fn new(links: &'a Links, names: &'a Names, timeout: Duration) -> Self {
        Self {
            link: &links.administration,
            names,
            timeout,
        }
    }

    /// Declares the exchanges and the stream of the state, unless the exchange of the events exists. A passive
    /// declaration needs no permission.
    pub(super) async fn ensure_exchange(&self) -> Result<(), TransportError> {
        let channel = self.link.channel().await?;
        let options = ExchangeDeclareOptions {
            passive: true,
            ..ExchangeDeclareOptions::default()
        };
        let exchange = short(&self.names.events);
        let looking = channel.exchange_declare(
            exchange,
            ExchangeKind::Topic,
            options,
            FieldTable::default(),
        );
        let operation = format!("look up the exchange `{}`", self.names.events);
        match answer(&operation, self.timeout, looking).await {
            Ok(()) => Ok(()),
            // If it exists, the declaration fails for the same reason.
            Err(_) => self.declare_shared().await,
        }
    }

    /// Declares the exchanges, and the stream of the state.
    pub(super) async fn declare_shared(&self) -> Result<(), TransportError> {
        let Names {
            events,
            services,
            delays,
            state,
        } = self.names;
        self.declare_exchange(events, ExchangeKind::Topic).await?;
        self.declare_exchange(services, ExchangeKind::Topic).await?;
        self.declare_exchange(delays, ExchangeKind::Headers).await?;
        let number = |number| AMQPValue::LongLongInt(number);
        let arguments = table([
            ("x-queue-type", text("stream")),
            ("x-max-length-bytes", number(MAX_STATE_BYTES)),
            (
                "x-stream-max-segment-size-bytes",
                number(MAX_STATE_SEGMENT_BYTES),
            ),
        ]);
        self.declare_queue(state, arguments).await?;
        let channel = self.link.channel().await?;
        self.bind(&channel, state, (services, state), FieldTable::default())
            .await
    }

    /// Declares the queue of a subscription, and returns whether it was created.
    pub(super) async fn declare_subscription(&self, queue: &str) -> Result<bool, TransportError> {
        let is_new = self.counts(queue).await?.is_none();
        let arguments = table([("x-queue-type", text("quorum"))]);
        self.declare_queue(queue, arguments).await?;
        Ok(is_new)
    }

    /// Declares the queue in which messages wait for a time, after which the broker passes them on to the
    /// exchange of the services.
    pub(super) async fn declare_delay(&self, delay: Duration) -> Result<(), TransportError> {
        let exchange = &self.names.delays;
        self.declare_exchange(exchange, ExchangeKind::Headers)
            .await?;
        let queue = self.names.delay_queue(delay);
        let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        let arguments = table([
            ("x-queue-type", text("quorum")),
            ("x-message-ttl", AMQPValue::LongLongInt(millis)),
            ("x-dead-letter-exchange", text(&self.names.services)),
            // Without it, a message that is passed on while the broker stops is lost.
            ("x-dead-letter-strategy", text("at-least-once")),
            ("x-overflow", text("reject-publish")),
        ]);
        self.declare_queue(&queue, arguments).await?;
        let matches = table([("x-match", text("all")), (DELAY, text(&millis.to_string()))]);
        let channel = self.link.channel().await?;
        self.bind(&channel, &queue, (exchange, ""), matches).await
    }

    /// Returns the counts of a queue; `None` if it does not exist.
    pub(super) async fn counts(&self, queue: &str) -> Result<Option<Counts>, TransportError> {
        let channel = self.link.channel().await?;
        counts(&channel, queue, self.timeout).await
    }

    pub(super) async fn bind_all(
        &self,
        queue: &str,
        bindings: &[Binding],
    ) -> Result<(), TransportError> {
        let channel = self.link.channel().await?;
        for binding in bindings {
            let exchange = binding.exchange(self.names);
            let arguments = FieldTable::default();
            self.bind(&channel, queue, (exchange, &binding.key), arguments)
                .await?;
        }
        Ok(())
    }

    pub(super) async fn unbind_all(
        &self,
        queue: &str,
        bindings: &[Binding],
    ) -> Result<(), TransportError> {
        if bindings.is_empty() {
            return Ok(());
        }
        let channel = self.link.channel().await?;
        for binding in bindings {
            let unbinding = channel.queue_unbind(
                short(queue),
                short(binding.exchange(self.names)),
                short(&binding.key),
                FieldTable::default(),
            );
            let operation = format!("unbind the queue `{queue}` from `{}`", binding.key);
            answer(&operation, self.timeout, unbinding).await?;
        }
        Ok(())
    }

    async fn bind(
        &self,
        channel: &Channel,
        queue: &str,
        (exchange, key): (&str, &str),
        arguments: FieldTable,
    ) -> Result<(), TransportError> {
        let options = QueueBindOptions::default();
        let binding = channel.queue_bind(
            short(queue),
            short(exchange),
            short(key),
            options,
            arguments,
        );
        let operation = format!("bind the queue `{queue}` to the exchange `{exchange}`");
        answer(&operation, self.timeout, binding).await
    }

    async fn declare_exchange(&self, name: &str, kind: ExchangeKind) -> Result<(), TransportError> {
        let channel = self.link.channel().await?;
        let options = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        let declaring = channel.exchange_declare(short(name), kind, options, FieldTable::default());
        self.declare(&format!("the exchange `{name}`"), declaring)
            .await
    }

    async fn declare_queue(&self, name: &str, arguments: FieldTable) -> Result<(), TransportError> {
        let channel = self.link.channel().await?;
        let options = QueueDeclareOptions::durable();
        let declaring = channel.queue_declare(short(name), options, arguments);
        let declaring = async { declaring.await.map(drop) };
        self.declare(&format!("the queue `{name}`"), declaring)
            .await
    }

    /// Waits for the answer to a declaration. If the settings of what exists differ, the error says how to
    /// resolve that.
    async fn declare(
        &self,
        what: &str,
        declaring: impl Future<Output = lapin::Result<()>>,
    ) -> Result<(), TransportError> {
        let operation = format!("declare {what}");
        let declared = answer_within(&operation, self.timeout, declaring).await?;
        declared.map_err(|error| {
            if is_mismatch(&error) {
                let message = format!(
                    "{what} exists with other settings than this transport needs: {}; delete it once nothing \
                     uses it, or use another exchange",
                    reply(&error)
                );
                return TransportError::configuration(message);
            }
            transport_error(&operation, error)
        })
    }
}

/// Returns the counts of a queue; `None` if it does not exist, in which case the broker closes the channel.
pub(super) async fn counts(
    channel: &Channel,
    queue: &str,
    limit: Duration,
) -> Result<Option<Counts>, TransportError> {
    let options = QueueDeclareOptions::default().passive();
    let looking = channel.queue_declare(short(queue), options, FieldTable::default());
    let operation = format!("look up the queue `{queue}`");
    match answer_within(&operation, limit, looking).await? {
        Ok(found) => Ok(Some(Counts {
            ready: found.message_count().into(),
            consumers: found.consumer_count(),
        })),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(transport_error(&operation, error)),
    }
}

pub(super) fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

pub(super) fn table<const N: usize>(entries: [(&str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in entries {
        table.insert(short(name), value);
    }
    table
}
