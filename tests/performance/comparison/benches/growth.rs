//! A service on NATS with a growing number of handlers and of waiting events:
//! `cargo bench --bench growth`.
//!
//! Each case measures the same number of deliveries after the service is ready. 1, 10 and 50
//! handlers of one service share them. The time is the processor time of this process and of the
//! server. The memory is the maximum resident memory while consuming, minus the memory before.

use std::fs;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eventkit::transport::PublisherExt;
use eventkit::{BoxError, CloudEvent, Dispatcher, Registry};
use eventkit_comparison::broker::spent::{Measurement, Spent, median, range};
use eventkit_nats::Nats;
use eventkit_service::Service;
use eventkit_tests::nats::Server;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

const HANDLERS: [u64; 3] = [1, 10, 50];
const BACKLOGS: [u64; 2] = [10_000, 200_000];
const DELIVERIES: u64 = 8_000;
const ROUNDS: u32 = 3;

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
struct OrderPlaced {
    order_id: String,
    customer: String,
    total_cents: u64,
}

/// Counts the deliveries to handlers.
#[derive(Debug)]
struct Handled {
    count: AtomicU64,
    wanted: AtomicU64,
    all: Notify,
}

impl Handled {
    fn add(&self, order: &OrderPlaced) {
        assert_eq!(order.total_cents, 1250);
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        if count == self.wanted.load(Ordering::Relaxed) {
            self.all.notify_one();
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let Some(server) = Server::start() else {
        return Ok(());
    };
    let process = server.id().ok_or("the server does not run")?;
    let mut streams = Vec::new();
    for backlog in BACKLOGS {
        streams.push((backlog, open(&server, backlog).await?));
    }
    let mut cases: Vec<(u64, u64, Vec<(Spent, u64)>)> = Vec::new();
    for (backlog, _) in &streams {
        cases.extend(HANDLERS.map(|handlers| (*backlog, handlers, Vec::new())));
    }
    for round in 0..ROUNDS {
        for (backlog, handlers, spent) in &mut cases {
            let (_, nats) = streams
                .iter()
                .find(|(own, _)| own == backlog)
                .ok_or("no stream")?;
            let name = format!("growth-{handlers}-{round}");
            spent.push(consume(nats, &name, *handlers, process).await?);
        }
    }
    println!(
        "deliveries per second; microseconds of the processor per delivery, here and in the server; memory"
    );
    for (backlog, handlers, spent) in cases {
        print(backlog, handlers, &spent);
    }
    Ok(())
}

fn print(backlog: u64, handlers: u64, spent: &[(Spent, u64)]) {
    let us = |of: fn(&Spent) -> Duration| {
        let times = spent.iter();
        let times = times.map(|(own, _)| of(own).as_secs_f64() * 1e6 / DELIVERIES as f64);
        range(times.collect())
    };
    let seconds = median(
        spent
            .iter()
            .map(|(own, _)| own.wall.as_secs_f64())
            .collect(),
    );
    println!(
        "{backlog:>7} events, {handlers:>2} handlers: {:>6.0}/s  {} here  {} server  {:.1} MB",
        DELIVERIES as f64 / seconds,
        us(|own| own.client),
        us(|own| own.server),
        median(spent.iter().map(|(_, bytes)| *bytes as f64 / 1e6).collect()),
    );
}

/// Opens a stream, and publishes the events that wait in it.
async fn open(server: &Server, events: u64) -> Result<Nats, BoxError> {
    let stream = format!("backlog-{events}");
    let nats = Nats::connect(server.url()).stream(stream).open().await?;
    let orders = (0..events).map(|number| OrderPlaced {
        order_id: format!("A-{number}"),
        customer: "ann".to_owned(),
        total_cents: 1250,
    });
    nats.publish_all(orders).await?;
    Ok(nats)
}

/// Handles the deliveries with a service that starts at the beginning of the stream.
async fn consume(
    nats: &Nats,
    name: &str,
    handlers: u64,
    server: u32,
) -> Result<(Spent, u64), BoxError> {
    let registry = Registry::new("growth");
    let handled = Arc::new(Handled {
        count: AtomicU64::new(0),
        wanted: AtomicU64::new(u64::MAX),
        all: Notify::new(),
    });
    for number in 0..handlers {
        let handled = Arc::clone(&handled);
        // A name lives as long as its handler, which in most programs is until the end.
        let named = registry.with_name(format!("handler-{number}").leak());
        named.register_typed_async(move |order: OrderPlaced| {
            let handled = Arc::clone(&handled);
            async move { handled.add(&order) }
        });
    }
    let app = Dispatcher::new(&registry).build()?;
    let service = Service::new(name, &app).transport(nats.clone()).build()?;
    let handle = service.handle();
    let before = resident();
    let running = tokio::spawn(service.run_until(pending()));
    handle.ready().await;
    let measurement = Measurement::start(server);
    let already = handled.count.load(Ordering::Relaxed);
    handled
        .wanted
        .store(already + DELIVERIES, Ordering::Relaxed);
    let mut most = before;
    let consumed = async {
        loop {
            tokio::select! {
                () = handled.all.notified() => return,
                () = sleep(Duration::from_millis(20)) => most = most.max(resident()),
            }
        }
    };
    timeout(Duration::from_mins(2), consumed).await?;
    let spent = measurement.end();
    handle.stop();
    running.await??;
    Ok((spent, most - before))
}

/// Returns the resident memory of this process, in bytes.
fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm");
    let statm = statm.expect("Linux should have the memory of a process in /proc");
    let pages = statm.split_whitespace().nth(1).unwrap_or_default();
    pages.parse::<u64>().unwrap_or_default() * 4096
}
