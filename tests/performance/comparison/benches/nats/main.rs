//! Consuming from NATS JetStream, compared with its client and RustStream:
//! `cargo bench --bench nats`.
//!
//! Each contender handles the same events of one stream in tasks of one runtime: it decodes the
//! data into a type, and acknowledges. The rounds alternate. The time is the processor time of this
//! process and of the server, because the rate depends on other load of the machine. The latency is
//! the time from before an event is published until a handler has it, at 200 events per second.
//!
//! The latency is the time from before an event is published until a handler has it, at 200 events
//! per second.
//!
//! With an argument after `--`, the contenders that have it in their name consume, and nothing else is done.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use eventkit::BoxError;
use eventkit_nats::Nats;
use eventkit_tests::nats::Server;
use tokio::task::JoinSet;

mod client;
mod contender;
mod publish;
mod ruststream;
mod service;
mod spent;

use self::contender::{Bench, Consume, Contender};
use self::spent::{Spent, median, range};

const EVENTS: u64 = 20_000;
const ROUNDS: u32 = 7;
/// The number of events per contender and round whose latency is measured.
const ALONE: u64 = 200;
const INTERVAL: Duration = Duration::from_millis(5);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let Some(server) = Server::start() else {
        return Ok(());
    };
    let bench = Arc::new(open(&server).await?);
    let wanted = env::args().skip(1).find(|part| !part.starts_with("--"));
    consume(&bench, wanted.as_deref()).await?;
    if wanted.is_some() {
        return Ok(());
    }
    latency(&bench).await?;
    publish::run(&bench).await
}

async fn open(server: &Server) -> Result<Bench, BoxError> {
    let nats = Nats::connect(server.url()).open().await?;
    let published = Nats::connect(server.url())
        .stream("published")
        .open()
        .await?;
    let client = async_nats::connect(server.url()).await?;
    let bench = Bench {
        nats,
        published,
        client,
        url: server.url(),
        server: server.id().ok_or("the server does not run")?,
    };
    let mut sending = JoinSet::new();
    for number in 0..EVENTS {
        if sending.len() == 100 {
            sending.join_next().await.ok_or("nothing is sent")???;
        }
        let nats = bench.nats.clone();
        sending.spawn(async move {
            nats.publish(&contender::order(number)).await?;
            Ok::<_, BoxError>(())
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    Ok(bench)
}

fn contenders() -> Vec<Contender> {
    vec![
        client::confirmed("async-nats, confirmed acknowledgements, 16 at once"),
        client::confirmed_one_by_one("async-nats, confirmed acknowledgements, 1 at once"),
        client::unconfirmed("async-nats, unconfirmed acknowledgements"),
        ruststream::unconfirmed("RustStream, unconfirmed acknowledgements, 16 at once"),
        service::default("eventkit"),
        service::unconfirmed("eventkit, unconfirmed acknowledgements"),
        service::with_memory_inbox("eventkit, MemoryInbox"),
        service::with_sqlite_inbox("eventkit, SqliteInbox"),
        service::default_64("eventkit, 64 at once"),
        service::with_sqlite_inbox_64("eventkit, SqliteInbox, 64 at once"),
        service::sync("eventkit, sync handler"),
    ]
}

async fn consume(bench: &Arc<Bench>, wanted: Option<&str>) -> Result<(), BoxError> {
    let mut all: Vec<(Contender, Vec<Spent>)> = Vec::new();
    let contenders = contenders().into_iter();
    let is_wanted = |own: &Contender| wanted.is_none_or(|wanted| own.name.contains(wanted));
    all.extend(contenders.filter(is_wanted).map(|own| (own, Vec::new())));
    for round in 0..ROUNDS {
        for (contender, spent) in &mut all {
            let consume = Consume::new(format!("{}-{round}", contender.short), EVENTS);
            spent.push(contender.run(bench, consume).await?);
        }
    }
    println!("events per second; microseconds of the processor per event, here and in the server");
    for (contender, spent) in &all {
        let us = |of: fn(&Spent) -> Duration| {
            let times = spent
                .iter()
                .map(|own| of(own).as_secs_f64() * 1e6 / EVENTS as f64);
            range(times.collect())
        };
        let seconds = median(spent.iter().map(|own| own.wall.as_secs_f64()).collect());
        println!(
            "{:<55} {:>8.0}/s  {} here  {} server",
            contender.name,
            EVENTS as f64 / seconds,
            us(|own| own.client),
            us(|own| own.server)
        );
    }
    Ok(())
}

async fn latency(bench: &Arc<Bench>) -> Result<(), BoxError> {
    let mut all: Vec<(Contender, Vec<f64>)> = Vec::new();
    all.extend(
        contenders()
            .into_iter()
            .take(5)
            .map(|own| (own, Vec::new())),
    );
    for round in 0..ROUNDS {
        for (contender, times) in &mut all {
            let name = format!("{}-alone-{round}", contender.short);
            times.extend(contender.latencies(bench, name, ALONE, INTERVAL).await?);
        }
    }
    println!("microseconds from before an event is published until a handler has it");
    for (contender, times) in &mut all {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times[times.len() * share / 100];
        println!(
            "{:<55} p50 {:.0}  p99 {:.0}",
            contender.name,
            at(50),
            at(99)
        );
    }
    Ok(())
}
