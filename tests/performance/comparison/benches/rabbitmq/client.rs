//! The client of RabbitMQ without a library on top.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use eventkit::BoxError;
use eventkit_comparison::broker::contender::{Ending, Handled, Running};
use eventkit_rabbitmq::binding::{self, HeaderRef};
use futures_core::Stream;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties, Consumer};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::{Bench, Contender, OrderPlaced};

type Decode = fn(&Delivery) -> Result<OrderPlaced, BoxError>;

pub fn one_at_once(name: &'static str) -> Contender {
    Contender {
        name,
        short: "client-1",
        start: |bench, name, handled| Box::pin(start(bench, name, handled, (1, data))),
    }
}

pub fn one_at_once_as_event(name: &'static str) -> Contender {
    Contender {
        name,
        short: "binding-1",
        start: |bench, name, handled| Box::pin(start(bench, name, handled, (1, event))),
    }
}

pub fn sixteen_at_once(name: &'static str) -> Contender {
    Contender {
        name,
        short: "client-16",
        start: |bench, name, handled| Box::pin(start(bench, name, handled, (16, data))),
    }
}

pub fn sixteen_at_once_as_event(name: &'static str) -> Contender {
    Contender {
        name,
        short: "binding-16",
        start: |bench, name, handled| Box::pin(start(bench, name, handled, (16, event))),
    }
}

/// Decodes the data alone.
fn data(delivery: &Delivery) -> Result<OrderPlaced, BoxError> {
    Ok(serde_json::from_slice(&delivery.data)?)
}

/// Decodes the attributes too, as every consumer of `CloudEvents` has to.
fn event(delivery: &Delivery) -> Result<OrderPlaced, BoxError> {
    let properties = &delivery.properties;
    let content_type = properties.content_type().as_ref().map(|own| own.as_str());
    let headers = properties
        .headers()
        .as_ref()
        .ok_or("there are no headers")?;
    let body = delivery.data.clone().into();
    let event = binding::decode(content_type, pairs(headers), body)?;
    Ok(OrderPlaced::try_from(&event)?)
}

fn pairs(headers: &FieldTable) -> impl Iterator<Item = (&str, HeaderRef<'_>)> + Clone {
    headers.inner().iter().map(|(name, value)| {
        let value = match value {
            AMQPValue::LongString(text) => match std::str::from_utf8(text.as_bytes()) {
                Ok(text) => HeaderRef::Text(text),
                Err(_) => HeaderRef::Other,
            },
            AMQPValue::LongLongInt(number) => HeaderRef::Integer(*number),
            _ => HeaderRef::Other,
        };
        (name.as_str(), value)
    })
}

struct Consuming {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), BoxError>>,
}

async fn start(
    bench: Arc<Bench>,
    name: String,
    handled: Handled,
    (at_once, decode): (u16, Decode),
) -> Result<Box<dyn Running>, BoxError> {
    // The exchange.
    bench.open(&name).await?;
    let properties = ConnectionProperties::default();
    let connection = Connection::connect(&bench.url, properties).await?;
    let channel = connection.create_channel().await?;
    let queue = format!("{name}.orders");
    let mut arguments = FieldTable::default();
    let quorum = AMQPValue::LongString("quorum".into());
    arguments.insert("x-queue-type".into(), quorum);
    let options = QueueDeclareOptions::durable();
    channel
        .queue_declare(queue.as_str().into(), options, arguments)
        .await?;
    channel
        .queue_bind(
            queue.as_str().into(),
            name.as_str().into(),
            OrderPlaced::TYPE.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await?;
    // As many as a service has.
    let prefetch = (at_once * 2).max(4);
    channel
        .basic_qos(prefetch, BasicQosOptions::default())
        .await?;
    let options = BasicConsumeOptions::default();
    let consuming = channel.basic_consume(queue.into(), "".into(), options, FieldTable::default());
    let consumer = consuming.await?;
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let consuming = Handling {
            channel,
            handled,
            decode,
        };
        consuming.consume(consumer, at_once, stopped).await?;
        connection.close(200, "".into()).await?;
        Ok(())
    });
    Ok(Box::new(Consuming { stop, task }))
}

#[derive(Clone)]
struct Handling {
    channel: Channel,
    handled: Handled,
    decode: Decode,
}

impl Handling {
    async fn consume(
        self,
        mut consumer: Consumer,
        at_once: u16,
        mut stopped: oneshot::Receiver<()>,
    ) -> Result<(), BoxError> {
        let permits = Arc::new(Semaphore::new(at_once.into()));
        loop {
            let next = poll_fn(|context| Pin::new(&mut consumer).poll_next(context));
            let delivery = tokio::select! {
                delivery = next => delivery.ok_or("the consumer has ended")??,
                _ = &mut stopped => break,
            };
            if at_once == 1 {
                self.handle(&delivery).await?;
                continue;
            }
            let (own, permit) = (self.clone(), Arc::clone(&permits).acquire_owned().await?);
            tokio::spawn(async move {
                own.handle(&delivery).await?;
                drop(permit);
                Ok::<_, BoxError>(())
            });
        }
        // All have been settled.
        let _ = permits.acquire_many(at_once.into()).await?;
        Ok(())
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), BoxError> {
        let order = (self.decode)(delivery)?;
        self.handled.add(&order);
        let options = BasicAckOptions::default();
        Ok(self
            .channel
            .basic_ack(delivery.delivery_tag, options)
            .await?)
    }
}

impl Running for Consuming {
    fn end(self: Box<Self>) -> Ending {
        Box::pin(async move {
            // If the task has ended with an error, the error is returned below.
            let _ = self.stop.send(());
            self.task.await?
        })
    }
}
