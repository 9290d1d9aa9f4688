//! The consumers that are compared, and how they are run.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eventkit::{BoxError, CloudEvent};
use eventkit_nats::Nats;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};

use crate::spent::{Measurement, Spent};

/// The order of all benchmarks.
#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
pub struct OrderPlaced {
    pub order_id: String,
    pub customer: String,
    pub total_cents: u64,
}

pub fn order(number: u64) -> OrderPlaced {
    OrderPlaced {
        order_id: format!("A-{number}"),
        customer: "ann".to_owned(),
        total_cents: 1250,
    }
}

/// The environment that all contenders share.
pub struct Bench {
    pub nats: Nats,
    /// A transport on a stream without consumers.
    pub published: Nats,
    pub client: async_nats::Client,
    pub url: String,
    /// The process id of the server.
    pub server: u32,
}

/// Counts the events of a handler.
#[derive(Debug, Clone)]
pub struct Handled {
    count: Arc<AtomicU64>,
    wanted: u64,
    all: mpsc::UnboundedSender<Instant>,
}

impl Handled {
    /// Counts an event.
    pub fn add(&self, order: &OrderPlaced) {
        assert_eq!(order.total_cents, 1250);
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        // Measurements of latency need every event, others only the last one.
        if before + 1 >= self.wanted {
            // Sending fails after the last event, when nothing receives any more.
            let _ = self.all.send(Instant::now());
        }
    }
}

/// What to consume, and the name of the consumer.
pub struct Consume {
    pub name: String,
    pub handled: Handled,
    done: mpsc::UnboundedReceiver<Instant>,
}

impl Consume {
    pub fn new(name: String, wanted: u64) -> Self {
        let (all, done) = mpsc::unbounded_channel();
        let handled = Handled {
            count: Arc::default(),
            wanted,
            all,
        };
        Self {
            name,
            handled,
            done,
        }
    }
}

pub type Starting = Pin<Box<dyn Future<Output = Result<Box<dyn Running>, BoxError>> + Send>>;
pub type Ending = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// A running consumer.
pub trait Running: Send {
    /// Waits until everything is settled, and stops.
    fn end(self: Box<Self>) -> Ending;
}

pub struct Contender {
    pub name: &'static str,
    pub short: &'static str,
    pub start: fn(Arc<Bench>, String, Handled) -> Starting,
}

impl Contender {
    /// Consumes the events of the stream.
    pub async fn run(&self, bench: &Arc<Bench>, consume: Consume) -> Result<Spent, BoxError> {
        let Consume {
            name,
            handled,
            mut done,
        } = consume;
        let measurement = Measurement::start(bench.server);
        let running = (self.start)(Arc::clone(bench), name, handled).await?;
        timeout(Duration::from_secs(120), done.recv()).await?;
        running.end().await?;
        Ok(measurement.end())
    }

    /// Returns the latencies of events that are published one at a time, in microseconds.
    pub async fn latencies(
        &self,
        bench: &Arc<Bench>,
        name: String,
        events: u64,
        every: Duration,
    ) -> Result<Vec<f64>, BoxError> {
        let Consume {
            name,
            handled,
            mut done,
        } = Consume::new(name, 0);
        let before = bench.count().await?;
        let running = (self.start)(Arc::clone(bench), name, handled).await?;
        for _ in 0..before {
            done.recv().await;
        }
        let (mut times, mut ticks) = (Vec::new(), interval(every));
        for number in 0..events {
            ticks.tick().await;
            let order = order(number);
            let start = Instant::now();
            bench.nats.publish(&order).await?;
            let handled = timeout(Duration::from_secs(20), done.recv()).await?;
            let handled = handled.ok_or("the consumer has ended")?;
            times.push(handled.duration_since(start).as_secs_f64() * 1e6);
        }
        running.end().await?;
        Ok(times)
    }
}

impl Bench {
    /// Returns the number of events in the stream.
    async fn count(&self) -> Result<u64, BoxError> {
        let context = async_nats::jetstream::new(self.client.clone());
        let mut stream = context.get_stream("events").await?;
        Ok(stream.info().await?.state.messages)
    }
}
