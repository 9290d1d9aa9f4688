//! The consumers that are compared, and how they are run.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eventkit::transport::{Publisher, PublisherExt};
use eventkit::{BoxError, CloudEvent};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{interval, sleep, timeout};

use super::spent::{Measurement, Spent};

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

/// A consumer that is compared, in an environment that all share.
pub struct Contender<B> {
    pub name: &'static str,
    pub short: &'static str,
    pub start: fn(Arc<B>, String, Handled) -> Starting,
}

impl<B> Contender<B> {
    /// Consumes the events that are stored, and measures the processor time of this process and of the server.
    pub async fn run(
        &self,
        bench: &Arc<B>,
        server: u32,
        consume: Consume,
    ) -> Result<Spent, BoxError> {
        let Consume {
            name,
            handled,
            mut done,
        } = consume;
        let measurement = Measurement::start(server);
        let running = (self.start)(Arc::clone(bench), name, handled).await?;
        timeout(Duration::from_secs(120), done.recv()).await?;
        running.end().await?;
        Ok(measurement.end())
    }

    /// Returns the latencies of events that are published one at a time, in microseconds. The events that are
    /// stored `before` are consumed first.
    pub async fn latencies(
        &self,
        bench: &Arc<B>,
        (publisher, before): (&dyn Publisher, u64),
        name: String,
        (events, every): (u64, Duration),
    ) -> Result<Vec<f64>, BoxError> {
        let Consume {
            name,
            handled,
            mut done,
        } = Consume::new(name, 0);
        let running = (self.start)(Arc::clone(bench), name, handled).await?;
        for _ in 0..before {
            done.recv().await;
        }
        let (mut times, mut ticks) = (Vec::new(), interval(every));
        for number in 0..events {
            ticks.tick().await;
            let order = order(number);
            let mut start = Instant::now();
            // Some brokers store events only once a consumer has declared its queue.
            while publisher.publish(&order).await?.unrouted {
                sleep(every).await;
                start = Instant::now();
            }
            let handled = timeout(Duration::from_secs(20), done.recv()).await?;
            let handled = handled.ok_or("the consumer has ended")?;
            times.push(handled.duration_since(start).as_secs_f64() * 1e6);
        }
        running.end().await?;
        Ok(times)
    }
}
