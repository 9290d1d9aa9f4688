//! The transport on RabbitMQ, on nodes of its own.
//!
//! Where there is no `rabbitmq-server`, the tests fail and say what to do.

mod conformance;
mod connecting;
mod crash;
mod deployments;
mod hostile;
mod loss;
mod management;
mod operators;
mod order;
mod pika;
mod publishing;
mod service;
mod wire;

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::time::Duration;

use eventkit::transport::{
    Consumer, Incoming, Subscription, Transport, TransportError, TransportErrorKind,
};
use eventkit::{Dispatcher, Event, EventBuilder, Registry};
use eventkit_rabbitmq::RabbitMq;
use eventkit_service::{RunError, Service, ServiceHandle, ShutdownReport};
use eventkit_tests::refusal::chain;
use futures_core::Stream;
use lapin::message::Delivery;
use lapin::options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// More than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

fn event(ty: &str, id: &str) -> EventBuilder {
    Event::builder().source("/tests").ty(ty).id(id)
}

async fn next(consumer: &mut dyn Consumer) -> Incoming {
    let next = timeout(PATIENCE, consumer.next()).await;
    next.expect("a message comes").unwrap().unwrap()
}

fn id(incoming: &Incoming) -> &str {
    incoming.event.as_ref().expect("an event").id()
}

async fn subscribe(rabbitmq: &RabbitMq, subscription: &Subscription) -> Box<dyn Consumer> {
    rabbitmq.subscribe(subscription).await.unwrap()
}

async fn until(mut done: impl FnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !done() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.expect("it comes to that");
}

fn assert_says(error: &TransportError, kind: TransportErrorKind, parts: &[&str]) {
    let text = format!("{} {error:?}", chain(error));
    assert_eq!(error.kind(), kind, "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
    assert!(!text.contains("s3cret"), "{text}");
}

async fn publish(rabbitmq: &RabbitMq, event: &Event) {
    while rabbitmq.publish(event).await.is_err() {
        sleep(Duration::from_millis(50)).await;
    }
}

/// Starts a service, and returns when it is ready.
async fn start(
    registry: &Registry,
    rabbitmq: &RabbitMq,
) -> (ServiceHandle, JoinHandle<Result<ShutdownReport, RunError>>) {
    let app = Dispatcher::new(registry).build().unwrap();
    let service = Service::new("tests", &app).transport(rabbitmq.clone());
    let service = service.build().unwrap();
    let handle = service.handle();
    let running = tokio::spawn(service.run_until(pending()));
    let ready = timeout(PATIENCE, handle.ready()).await;
    ready.expect("it is ready");
    (handle, running)
}

/// Opens a consumer of another client, for messages of an exchange with these routing keys.
async fn listen(channel: &Channel, exchange: &str, keys: &[&str]) -> lapin::Consumer {
    let options = QueueDeclareOptions::exclusive();
    let declared = channel.queue_declare("".into(), options, FieldTable::default());
    let queue = declared.await.unwrap().name().clone();
    for &key in keys {
        let bound = channel.queue_bind(
            queue.clone(),
            exchange.into(),
            key.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        bound.await.unwrap();
    }
    let options = BasicConsumeOptions::default();
    let consuming = channel.basic_consume(queue, "".into(), options, FieldTable::default());
    consuming.await.unwrap()
}

/// Waits for the next delivery to another client.
async fn delivery(consumer: &mut lapin::Consumer) -> Delivery {
    let next = poll_fn(|context| Pin::new(&mut *consumer).poll_next(context));
    next.await.unwrap().unwrap()
}

/// Opens a channel of another client.
async fn channel(url: &str) -> (Connection, Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default());
    let connection = connection.await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}
