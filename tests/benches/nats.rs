//! What the transport on NATS costs over its client: `cargo bench -p eventkit-tests --bench nats`.
//!
//! Both receive the same events from the same server, read the data into a type, and acknowledge
//! with a confirmation; one after the other, and with 64 at once. The rounds alternate.

use std::time::{Duration, Instant};

use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use eventkit::transport::nats::Nats;
use eventkit::transport::{Publisher, Subscription, Transport};
use eventkit::{BoxError, Event};
use eventkit_tests::nats::Server;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

const EVENTS: usize = 10_000;
const ROUNDS: usize = 5;
const AT_ONCE: usize = 64;

#[derive(Serialize, Deserialize)]
struct OrderPlaced {
    order_id: String,
    customer: String,
    total_cents: u64,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let Some(server) = Server::start() else {
        return Ok(());
    };
    let nats = Nats::connect(server.url()).open().await?;
    publish(&nats).await?;
    let client = async_nats::connect(server.url()).await?;
    for at_once in [1, AT_ONCE] {
        let (mut plain, mut ours) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            plain.push(with_client(&client, &format!("plain-{at_once}-{round}"), at_once).await?);
            ours.push(with_transport(&nats, &format!("ours-{at_once}-{round}"), at_once).await?);
        }
        let (plain, ours) = (median(plain), median(ours));
        println!(
            "{at_once:>2} at once: async-nats {:>7.0}/s, eventkit {:>7.0}/s, ratio of times {:.2}",
            rate(plain),
            rate(ours),
            ours.as_secs_f64() / plain.as_secs_f64(),
        );
    }
    Ok(())
}

async fn publish(nats: &Nats) -> Result<(), BoxError> {
    let mut sending = JoinSet::new();
    for number in 0..EVENTS {
        let order = OrderPlaced {
            order_id: format!("A-{number}"),
            customer: "ann".to_owned(),
            total_cents: 1250,
        };
        let event = Event::builder()
            .source("/shop/orders")
            .ty("co.outcome.order.placed")
            .data_json(&order)?
            .build()?;
        if sending.len() == AT_ONCE {
            sending.join_next().await.expect("one is there")??;
        }
        let nats = nats.clone();
        sending.spawn(async move { nats.publish(&event).await.map(drop) });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    Ok(())
}

async fn with_client(
    client: &async_nats::Client,
    name: &str,
    at_once: usize,
) -> Result<Duration, BoxError> {
    let context = jetstream::new(client.clone());
    let config = pull::Config {
        durable_name: Some(name.to_owned()),
        ack_policy: AckPolicy::Explicit,
        filter_subject: "events.co.outcome.order.>".to_owned(),
        max_ack_pending: 10_000,
        ..pull::Config::default()
    };
    let consumer: PullConsumer = context.create_consumer_on_stream(config, "events").await?;
    let start = Instant::now();
    let mut messages = consumer
        .stream()
        .max_messages_per_batch(256)
        .messages()
        .await?;
    let mut acks = JoinSet::new();
    for _ in 0..EVENTS {
        let message = next(&mut messages).await?;
        let order: OrderPlaced = serde_json::from_slice(&message.payload)?;
        assert_eq!(order.total_cents, 1250);
        if at_once == 1 {
            message.double_ack().await?;
            continue;
        }
        if acks.len() == at_once {
            acks.join_next().await.expect("one is there")??;
        }
        acks.spawn(async move { message.double_ack().await });
    }
    while let Some(acked) = acks.join_next().await {
        acked??;
    }
    Ok(start.elapsed())
}

async fn next(messages: &mut pull::Stream) -> Result<jetstream::Message, BoxError> {
    use futures_core::Stream;
    let next =
        std::future::poll_fn(|context| std::pin::Pin::new(&mut *messages).poll_next(context));
    Ok(next.await.ok_or("the messages have ended")??)
}

async fn with_transport(nats: &Nats, name: &str, at_once: usize) -> Result<Duration, BoxError> {
    let subscription = Subscription::new(name, ["co.outcome.order.*"]);
    let mut consumer = nats.subscribe(&subscription).await?;
    let start = Instant::now();
    let mut acks = JoinSet::new();
    for _ in 0..EVENTS {
        let incoming = consumer.next().await?.ok_or("the messages have ended")?;
        let event = incoming.event.map_err(|undecodable| undecodable.error)?;
        let order: OrderPlaced = event.data_as()?;
        assert_eq!(order.total_cents, 1250);
        if at_once == 1 {
            incoming.settle.ack().await?;
            continue;
        }
        if acks.len() == at_once {
            acks.join_next().await.expect("one is there")??;
        }
        acks.spawn(incoming.settle.ack());
    }
    while let Some(acked) = acks.join_next().await {
        acked??;
    }
    Ok(start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[allow(clippy::cast_precision_loss)]
fn rate(time: Duration) -> f64 {
    EVENTS as f64 / time.as_secs_f64()
}
