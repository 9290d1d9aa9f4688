//! Publishing with 100 confirmations in flight.

use std::sync::Arc;

use eventkit::transport::PublisherExt;
use eventkit::{BoxError, CloudEvent, Event};
use eventkit_comparison::broker::contender::order;
use eventkit_comparison::broker::spent::{self, Measurement, Spent};
use eventkit_rabbitmq::RabbitMq;
use eventkit_rabbitmq::binding::{self, HeaderValue};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use tokio::task::JoinSet;

use crate::{Bench, EVENTS, OrderPlaced, ROUNDS, client};

const IN_FLIGHT: usize = 100;

/// The exchange, which has a queue.
const EXCHANGE: &str = "published";

pub async fn run(bench: &Arc<Bench>) -> Result<(), BoxError> {
    let contender = client::one_at_once("");
    let rabbitmq = bench.declare(&contender, EXCHANGE).await?;
    let properties = ConnectionProperties::default();
    let connection = Connection::connect(&bench.url, properties).await?;
    let channel = connection.create_channel().await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    let (mut plain, mut typed, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        plain.push(tokio::spawn(with_client(channel.clone(), bench.server)).await??);
        typed.push(tokio::spawn(with_transport(rabbitmq.clone(), bench.server)).await??);
        all.push(tokio::spawn(with_publish_all(rabbitmq.clone(), bench.server)).await??);
    }
    println!("publishing with {IN_FLIGHT} in flight");
    let all = [
        ("lapin and the binding, in tasks", plain),
        ("RabbitMq::publish, in tasks", typed),
        ("RabbitMq::publish_all", all),
    ];
    spent::print_rates(EVENTS, all.iter().map(|(name, spent)| (*name, &**spent)));
    Ok(())
}

/// Publishes with the client and the binding, as persistent messages that a queue must take.
async fn with_client(channel: Channel, server: u32) -> Result<Spent, BoxError> {
    publish(server, move |event| {
        let channel = channel.clone();
        async move {
            let message = binding::encode_binary(&event)?;
            let options = BasicPublishOptions {
                mandatory: true,
                ..BasicPublishOptions::default()
            };
            let sent = channel.basic_publish(
                EXCHANGE.into(),
                OrderPlaced::TYPE.into(),
                options,
                &message.body,
                properties(&message)?,
            );
            match sent.await?.await? {
                Confirmation::Ack(None) => Ok(()),
                other => Err(format!("not stored: {other:?}").into()),
            }
        }
    })
    .await
}

fn properties(message: &binding::Message) -> Result<BasicProperties, BoxError> {
    let mut headers = FieldTable::default();
    for (name, value) in &message.headers {
        let value = match value {
            HeaderValue::Text(text) => AMQPValue::LongString(text.as_str().into()),
            HeaderValue::Integer(number) => AMQPValue::LongLongInt(*number),
            HeaderValue::Boolean(is_true) => AMQPValue::Boolean(*is_true),
            other => return Err(format!("an unknown header: {other:?}").into()),
        };
        headers.insert((&**name).into(), value);
    }
    let properties = BasicProperties::default().with_delivery_mode(2);
    let properties = properties.with_headers(headers);
    Ok(match &message.content_type {
        Some(content_type) => properties.with_content_type(content_type.as_str().into()),
        None => properties,
    })
}

async fn with_transport(rabbitmq: RabbitMq, server: u32) -> Result<Spent, BoxError> {
    publish(server, move |event| {
        let rabbitmq = rabbitmq.clone();
        async move {
            rabbitmq.publish(&event).await?;
            Ok(())
        }
    })
    .await
}

async fn publish<F>(server: u32, send: impl Fn(Event) -> F) -> Result<Spent, BoxError>
where
    F: Future<Output = Result<(), BoxError>> + Send + 'static,
{
    let measurement = Measurement::start(server);
    let mut sending = JoinSet::new();
    for number in 0..EVENTS {
        if sending.len() == IN_FLIGHT {
            sending.join_next().await.ok_or("nothing is sent")???;
        }
        sending.spawn(send(order(number).to_event()?));
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    Ok(measurement.end())
}

async fn with_publish_all(rabbitmq: RabbitMq, server: u32) -> Result<Spent, BoxError> {
    let measurement = Measurement::start(server);
    rabbitmq.publish_all((0..EVENTS).map(order)).await?;
    Ok(measurement.end())
}
