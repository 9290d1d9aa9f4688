//! Consuming from NATS JetStream, compared with its client and RustStream:
//! `cargo bench --bench nats`.
//!
//! Each contender handles the same events of one stream in tasks of one runtime: it decodes the
//! data into a type, and acknowledges. The rounds alternate. The time is the processor time of this
//! process and of the server, because the rate depends on other load of the machine. The latency is
//! the time from before an event is published until a handler has it, at 200 events per second.
//!
//! With an argument after `--`, the contenders that have it in their name consume, and nothing else is done.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::Publisher;
use eventkit_comparison::broker::contender::{self, Consume};
use eventkit_comparison::broker::spent::{self, Spent};
use eventkit_nats::Nats;
use eventkit_tests::nats::Server;
use tokio::task::JoinSet;

mod client;
mod publish;
mod ruststream;
mod service;

type Contender = contender::Contender<Bench>;

const EVENTS: u64 = 20_000;
const ROUNDS: u32 = 7;
/// The number of events per contender and round whose latency is measured.
const ALONE: u64 = 200;
const INTERVAL: Duration = Duration::from_millis(5);

/// The environment that all contenders share.
pub struct Bench {
    nats: Nats,
    /// A transport on a stream without consumers.
    published: Nats,
    client: async_nats::Client,
    url: String,
    /// The process id of the server.
    server: u32,
}

impl Bench {
    /// Returns the number of events in the stream.
    async fn count(&self) -> Result<u64, BoxError> {
        let context = async_nats::jetstream::new(self.client.clone());
        let mut stream = context.get_stream("events").await?;
        Ok(stream.info().await?.state.messages)
    }
}

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
            spent.push(contender.run(bench, bench.server, consume).await?);
        }
    }
    let all = all.iter().map(|(own, spent)| (own.name, &**spent));
    spent::print_rates(EVENTS, all);
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
            let stored = (&bench.nats as &dyn Publisher, bench.count().await?);
            let measured = contender.latencies(bench, stored, name, (ALONE, INTERVAL));
            times.extend(measured.await?);
        }
    }
    let all = all.into_iter().map(|(own, times)| (own.name, times));
    spent::print_latencies(all.collect());
    Ok(())
}
