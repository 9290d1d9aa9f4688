//! Publishing with 100 confirmations in flight.

use std::sync::Arc;

use async_nats::{HeaderMap, jetstream};
use eventkit::transport::PublisherExt;
use eventkit::{BoxError, CloudEvent, Event};
use eventkit_comparison::broker::contender::order;
use eventkit_comparison::broker::spent::{self, Measurement, Spent};
use eventkit_nats::binding;
use tokio::task::JoinSet;

use crate::{Bench, EVENTS, ROUNDS};

const IN_FLIGHT: usize = 100;

pub async fn run(bench: &Arc<Bench>) -> Result<(), BoxError> {
    let (mut client, mut typed, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        client.push(tokio::spawn(with_client(Arc::clone(bench))).await??);
        typed.push(tokio::spawn(with_transport(Arc::clone(bench))).await??);
        all.push(tokio::spawn(with_publish_all(Arc::clone(bench))).await??);
    }
    println!("publishing with {IN_FLIGHT} in flight: microseconds of the processor per event");
    let all = [
        ("async-nats, in tasks", client),
        ("Nats::publish, in tasks", typed),
        ("Nats::publish_all", all),
    ];
    spent::print_times(EVENTS, all.iter().map(|(name, spent)| (*name, &**spent)));
    Ok(())
}

fn event(number: u64) -> Result<Event, BoxError> {
    Ok(order(number).to_event()?)
}

async fn with_client(bench: Arc<Bench>) -> Result<Spent, BoxError> {
    let context = jetstream::new(bench.client.clone());
    let measurement = Measurement::start(bench.server);
    let mut sending = JoinSet::new();
    for number in 0..EVENTS {
        if sending.len() == IN_FLIGHT {
            sending.join_next().await.ok_or("nothing is sent")???;
        }
        let event = event(number)?;
        let message = binding::encode_binary(&event)?;
        let mut headers = HeaderMap::new();
        for (name, value) in message.headers {
            headers.insert(&*name, value.as_str());
        }
        headers.insert("Nats-Msg-Id", event.id());
        let context = context.clone();
        sending.spawn(async move {
            let sent = context.publish_with_headers(
                "published.co.outcome.order.placed",
                headers,
                message.body,
            );
            sent.await?.await?;
            Ok::<_, BoxError>(())
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    Ok(measurement.end())
}

async fn with_transport(bench: Arc<Bench>) -> Result<Spent, BoxError> {
    let measurement = Measurement::start(bench.server);
    let mut sending = JoinSet::new();
    for number in 0..EVENTS {
        if sending.len() == IN_FLIGHT {
            sending.join_next().await.ok_or("nothing is sent")???;
        }
        let event = event(number)?;
        let nats = bench.published.clone();
        sending.spawn(async move {
            nats.publish(&event).await?;
            Ok::<_, BoxError>(())
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    Ok(measurement.end())
}

async fn with_publish_all(bench: Arc<Bench>) -> Result<Spent, BoxError> {
    let measurement = Measurement::start(bench.server);
    bench.published.publish_all((0..EVENTS).map(order)).await?;
    Ok(measurement.end())
}
