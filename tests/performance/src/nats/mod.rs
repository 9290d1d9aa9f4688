//! A service on NATS and publishing to it, measured on the client side and without a real server.

mod frames;
mod server;

use std::cell::{Cell, OnceCell};

use eventkit::Policy;
use eventkit::transport::PublisherExt;
use eventkit_nats::Nats;
use tokio::runtime::Runtime;
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, dispatcher};
use tracing_subscriber::layer::SubscriberExt;

use crate::case::Case;
use crate::service::{Destination, Running, consuming, runtime, stocks};
use server::{Gate, Server};

/// The number of events published in a run.
const EVENTS: u64 = 100;

/// A stream whose messages are delivered while the gate is open.
struct Gated {
    nats: Nats,
    gate: Gate,
}

impl Gated {
    fn open(runtime: &Runtime) -> Self {
        let server = Server::start(runtime);
        let builder = Nats::connect(server.url())
            // Nothing happens between two cases.
            .idle_heartbeat(std::time::Duration::from_hours(1));
        let nats = runtime.block_on(builder.open()).expect("a stream");
        let gate = server.gate();
        Self { nats, gate }
    }
}

impl Destination for Gated {
    fn publish(&self, runtime: &Runtime, first: u64, count: u64) {
        self.gate.close();
        let published = runtime.block_on(self.nats.publish_all(stocks(first, count)));
        published.expect("the events should be stored");
        self.gate.open();
    }
}

fn running(concurrency: usize) -> Running<Gated> {
    let runtime = runtime();
    let gated = Gated::open(&runtime);
    let nats = gated.nats.clone();
    let policy = Policy::new().concurrency(concurrency);
    Running::start(runtime, nats, gated, policy)
}

/// Returns all cases.
#[must_use]
pub fn all() -> Vec<Case> {
    vec![
        consuming("consume from NATS, 1 at once", || running(1)),
        consuming("consume from NATS, 16 at once", || running(16)),
        publishing(),
        // Last, because callsites of spans stay enabled.
        consuming("consume from NATS, 16 at once, spans on", || running(16)).within(spans()),
    ]
}

/// Returns a function that runs another one with a subscriber of spans that prints nothing.
fn spans() -> impl Fn(&dyn Fn()) {
    let subscriber = OnceCell::new();
    move |run| {
        let create = || Dispatch::new(tracing_subscriber::registry().with(LevelFilter::INFO));
        dispatcher::with_default(subscriber.get_or_init(create), run);
    }
}

fn publishing() -> Case {
    let runtime = runtime();
    let gated = Gated::open(&runtime);
    gated.gate.close();
    let published = Cell::new(0);
    let events = |first| stocks(first, EVENTS);
    Case::new("publish to NATS", move || {
        let first = published.replace(published.get() + EVENTS);
        let published = runtime.block_on(gated.nats.publish_all(events(first)));
        published.expect("the events should be stored");
    })
    .operations(EVENTS)
}
