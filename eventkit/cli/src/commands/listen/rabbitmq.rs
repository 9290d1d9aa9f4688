//! Ephemeral subscriptions of RabbitMQ: a queue that the broker deletes with the connection.

use eventkit::transport::{Subscription, with_causes};
use eventkit_rabbitmq::binding::{self, HeaderRef};
use futures_util::StreamExt;
use lapin::Acker;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{FieldTable, ShortString};

use super::received::Received;
use crate::broker::BrokerArguments;
use crate::failure::Failure;
use crate::rabbitmq::Link;

/// The number of messages that the broker sends ahead.
const PREFETCH: u16 = 256;

pub(super) struct Ephemeral {
    link: Link,
    consumer: lapin::Consumer,
    /// The acknowledgement of the last message, which makes room for another one.
    unacknowledged: Option<Acker>,
    subscription: Subscription,
}

pub(super) async fn open(
    url: &str,
    arguments: &BrokerArguments,
    subscription: Subscription,
) -> Result<Ephemeral, Failure> {
    let link = Link::open(url, arguments).await?;
    link.check_exchange(&arguments.exchange).await?;
    let options = QueueDeclareOptions {
        exclusive: true,
        auto_delete: true,
        ..QueueDeclareOptions::default()
    };
    // The broker chooses the name.
    let declaring = link
        .channel
        .queue_declare("".into(), options, FieldTable::default());
    let queue = link.answer("declare a queue", declaring).await?;
    for pattern in &subscription.patterns {
        let binding = link.channel.queue_bind(
            queue.name().clone(),
            arguments.exchange.as_str().into(),
            binding_key(pattern).as_str().into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        link.answer("bind the queue", binding).await?;
    }
    let options = BasicConsumeOptions {
        exclusive: true,
        ..BasicConsumeOptions::default()
    };
    // Without a limit, all messages that are not printed yet would be in memory.
    let limiting = link.channel.basic_qos(PREFETCH, BasicQosOptions::default());
    link.answer("limit the messages in flight", limiting)
        .await?;
    let consuming = link.channel.basic_consume(
        queue.name().clone(),
        "".into(),
        options,
        FieldTable::default(),
    );
    let consumer = link.answer("consume the queue", consuming).await?;
    Ok(Ephemeral {
        link,
        consumer,
        unacknowledged: None,
        subscription,
    })
}

/// Returns a binding key for at least the types of a pattern.
fn binding_key(pattern: &str) -> String {
    match pattern.strip_suffix('*') {
        Some(rest) if rest.is_empty() || rest.ends_with('.') => format!("{rest}#"),
        _ => pattern.to_owned(),
    }
}

impl Ephemeral {
    pub(super) async fn next(&mut self) -> Result<Received, Failure> {
        loop {
            if let Some(acker) = self.unacknowledged.take() {
                // A lost connection is an error of the consumer too.
                drop(acker.ack(BasicAckOptions::default()).await);
            }
            match self.consumer.next().await {
                Some(Ok(delivery)) => {
                    self.unacknowledged = Some(delivery.acker.clone());
                    if let Some(received) = self.received(delivery) {
                        return Ok(received);
                    }
                }
                Some(Err(error)) => {
                    let error = with_causes(&error);
                    return Err(Failure::connection(format!(
                        "the subscription of RabbitMQ is lost: {error}"
                    )));
                }
                None => {
                    return Err(Failure::connection(
                        "the subscription of RabbitMQ has ended",
                    ));
                }
            }
        }
    }

    /// Decodes a message; returns `None` if it is not selected.
    fn received(&self, delivery: Delivery) -> Option<Received> {
        let properties = &delivery.properties;
        let content_type = properties.content_type().as_ref().map(ShortString::as_str);
        let headers = properties.headers().iter().flat_map(FieldTable::inner);
        let headers = headers.map(|(name, value)| (name.as_str(), HeaderRef::from(value)));
        let event = binding::decode(content_type, headers, delivery.data.into());
        if event
            .as_ref()
            .is_ok_and(|event| !self.subscription.selects(event.ty()))
        {
            return None;
        }
        let key = delivery.routing_key.as_str();
        Some(Received {
            event: event.map_err(|error| format!("{key}: {}", with_causes(&error))),
            handle: None,
        })
    }

    pub(super) async fn close(self) {
        self.link.close().await;
    }
}
