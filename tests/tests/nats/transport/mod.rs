//! The transport on NATS `JetStream`, on real servers.
//!
//! Without a `nats-server`, the tests fail with a message about what to do.

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

/// A time limit that no test comes close to.
const PATIENCE: Duration = Duration::from_mins(1);

/// Returns a builder for a transport that detects failures quickly.
fn on(server: &Server) -> NatsBuilder {
    Nats::connect(server.url())
        .idle_heartbeat(Duration::from_millis(500))
        .timeout(Duration::from_secs(2))
}

/// Returns a plain client, like those of other programs.
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
    next.expect("a message should arrive in time")
        .unwrap()
        .unwrap()
}

/// Waits for the loss of a consumer. Messages until then are dropped.
async fn lost(consumer: &mut dyn Consumer) -> TransportError {
    let lost = timeout(PATIENCE, async {
        loop {
            if let Err(error) = consumer.next().await {
                return error;
            }
        }
    });
    lost.await.expect("the loss should be detected in time")
}

/// Subscribes, with retries while the server is unavailable.
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
    subscribed
        .await
        .expect("the server should be available again")
}

/// Asserts the kind of an error, and that its message contains all of these parts.
#[track_caller]
fn assert_says(error: &TransportError, kind: TransportErrorKind, parts: &[&str]) {
    let chain = chain(error);
    assert_eq!(error.kind(), kind, "{chain}");
    for part in parts {
        assert!(chain.contains(part), "`{part}` is not in: {chain}");
    }
}
