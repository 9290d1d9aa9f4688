//! The NATS client without a library on top.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use eventkit::BoxError;
use eventkit_comparison::broker::contender::{Ending, Handled, OrderPlaced, Running};
use futures_core::Stream;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::{Bench, Contender};

pub fn confirmed(name: &'static str) -> Contender {
    Contender {
        name,
        short: "confirmed-16",
        start: |bench, name, handled| Box::pin(start(bench, name, handled, Some(16))),
    }
}

pub fn confirmed_one_by_one(name: &'static str) -> Contender {
    Contender {
        name,
        short: "confirmed-1",
        start: |bench, name, handled| Box::pin(start(bench, name, handled, Some(1))),
    }
}

pub fn unconfirmed(name: &'static str) -> Contender {
    Contender {
        name,
        short: "unconfirmed",
        start: |bench, name, handled| Box::pin(start(bench, name, handled, None)),
    }
}

struct Consuming {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), BoxError>>,
}

async fn start(
    bench: Arc<Bench>,
    name: String,
    handled: Handled,
    confirmed: Option<usize>,
) -> Result<Box<dyn Running>, BoxError> {
    let context = jetstream::new(bench.client.clone());
    let config = pull::Config {
        durable_name: Some(name),
        ack_policy: AckPolicy::Explicit,
        filter_subject: "events.co.outcome.order.>".to_owned(),
        max_ack_pending: 10_000,
        ..pull::Config::default()
    };
    let consumer: PullConsumer = context.create_consumer_on_stream(config, "events").await?;
    let messages = consumer.stream().max_messages_per_batch(256);
    let messages = messages.messages().await?;
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(consume(messages, handled, confirmed, stopped));
    Ok(Box::new(Consuming { stop, task }))
}

async fn consume(
    mut messages: pull::Stream,
    handled: Handled,
    confirmed: Option<usize>,
    mut stopped: oneshot::Receiver<()>,
) -> Result<(), BoxError> {
    let mut acks = JoinSet::new();
    loop {
        let next = poll_fn(|context| Pin::new(&mut messages).poll_next(context));
        let message = tokio::select! {
            message = next => message.ok_or("the stream of messages has ended")??,
            _ = &mut stopped => break,
        };
        let order: OrderPlaced = serde_json::from_slice(&message.payload)?;
        handled.add(&order);
        match confirmed {
            None => message.ack().await?,
            Some(1) => message.double_ack().await?,
            Some(at_once) => {
                if acks.len() == at_once
                    && let Some(acked) = acks.join_next().await
                {
                    acked??;
                }
                acks.spawn(async move { message.double_ack().await });
            }
        }
    }
    while let Some(acked) = acks.join_next().await {
        acked??;
    }
    Ok(())
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
