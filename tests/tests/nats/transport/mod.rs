//! The transport on NATS `JetStream`, on servers of its own.
//!
//! Where there is no `nats-server`, the tests fail and say what to do.

mod conformance;
mod connecting;
mod core;
mod deployments;
mod letters;
mod loss;
mod operators;
mod order;
mod positions;
mod publishing;
mod records;
mod service;
mod setup;
mod streams_of_others;
mod subjects;
mod unconfirmed;
mod wire;

use std::time::Duration;

use async_nats::jetstream::{self, Context};
use eventkit::transport::{
    Consumer, Incoming, Subscription, Transport, TransportError, TransportErrorKind,
};
use eventkit::{Event, EventBuilder};
use eventkit_nats::{Nats, NatsBuilder};
use eventkit_tests::nats::Server;
use eventkit_tests::refusal::chain;
use tokio::time::timeout;

/// More than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Starts a transport that notices quickly what is wrong.
fn on(server: &Server) -> NatsBuilder {
    Nats::connect(server.url())
        .idle_heartbeat(Duration::from_millis(500))
        .timeout(Duration::from_secs(2))
}

/// Returns a plain client, as other programs use one.
async fn plain(server: &Server) -> Context {
    jetstream::new(async_nats::connect(server.url()).await.unwrap())
}

fn event(ty: &str, id: &str) -> EventBuilder {
    Event::builder().source("/s").ty(ty).id(id)
}

fn subscription(pattern: &str) -> Subscription {
    let mut subscription = Subscription::new("handler", [pattern]);
    subscription.ack_wait = Duration::from_secs(1);
    subscription
}

async fn next(consumer: &mut dyn Consumer) -> Incoming {
    let next = timeout(PATIENCE, consumer.next()).await;
    next.expect("a message in time").unwrap().unwrap()
}

/// Waits for a consumer to say that it is lost; what still comes is dropped.
async fn lost(consumer: &mut dyn Consumer) -> TransportError {
    let lost = timeout(PATIENCE, async {
        loop {
            if let Err(error) = consumer.next().await {
                return error;
            }
        }
    });
    lost.await.expect("it says so in time")
}

/// Subscribes, again and again while the server is away.
async fn subscribe_again(nats: &Nats, subscription: &Subscription) -> Box<dyn Consumer> {
    let subscribed = timeout(PATIENCE, async {
        loop {
            match nats.subscribe(subscription).await {
                Ok(consumer) => return consumer,
                Err(error) => assert_eq!(error.kind(), TransportErrorKind::Unavailable),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    subscribed.await.expect("the server is back")
}

/// Asserts that an error is of a kind, and says all of this.
#[track_caller]
fn assert_says(error: &TransportError, kind: TransportErrorKind, parts: &[&str]) {
    let chain = chain(error);
    assert_eq!(error.kind(), kind, "{chain}");
    for part in parts {
        assert!(chain.contains(part), "`{part}` is not in: {chain}");
    }
}
