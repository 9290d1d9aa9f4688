//! The transport of eventkit, without a service.

use std::sync::Arc;

use eventkit::BoxError;
use eventkit::transport::{Consumer, Subscription, Transport};
use eventkit_comparison::broker::contender::{Ending, Handled, Running};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::{Bench, Contender, OrderPlaced};

pub fn one_at_once(name: &'static str) -> Contender {
    Contender {
        name,
        short: "transport-1",
        start: |bench, name, handled| Box::pin(start(bench, name, handled)),
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
) -> Result<Box<dyn Running>, BoxError> {
    let mut subscription = Subscription::new("orders", [OrderPlaced::TYPE]);
    subscription.max_in_flight = 4;
    let consumer = bench.open(&name).await?.subscribe(&subscription).await?;
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(consume(consumer, handled, stopped));
    Ok(Box::new(Consuming { stop, task }))
}

async fn consume(
    mut consumer: Box<dyn Consumer>,
    handled: Handled,
    mut stopped: oneshot::Receiver<()>,
) -> Result<(), BoxError> {
    loop {
        let incoming = tokio::select! {
            incoming = consumer.next() => incoming?.ok_or("the consumer has ended")?,
            _ = &mut stopped => break,
        };
        let event = incoming.event.map_err(|invalid| invalid.error)?;
        handled.add(&OrderPlaced::try_from(&event)?);
        incoming.handle.ack().await?;
    }
    Ok(consumer.close().await?)
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
