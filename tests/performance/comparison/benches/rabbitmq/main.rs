//! Consuming from RabbitMQ, compared with its client: `cargo bench --bench rabbitmq`.
//!
//! Each contender handles the same events of a quorum queue of its own in tasks of one runtime: it decodes the
//! data into a type, and acknowledges. The rounds alternate. The processor time is that of this process and of
//! the server, because the rate depends on other load of the machine. The latency is the time from before an
//! event is published until a handler has it, at 200 events per second.
//!
//! With an argument after `--`, the contenders that have it in their name consume, and nothing else is done.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use eventkit::BoxError;
use eventkit::transport::PublisherExt;
use eventkit_comparison::broker::contender::{self, Consume, OrderPlaced, order};
use eventkit_comparison::broker::spent::{self, Spent};
use eventkit_rabbitmq::RabbitMq;
use eventkit_tests::rabbitmq::Server;

mod client;
mod publish;
mod service;
mod transport;

type Contender = contender::Contender<Bench>;

const EVENTS: u64 = 10_000;
const ROUNDS: u32 = 5;
/// The number of events per contender and round whose latency is measured.
const ALONE: u64 = 200;
const INTERVAL: Duration = Duration::from_millis(5);

/// The environment that all contenders share.
pub struct Bench {
    url: String,
    /// The process id of the server.
    server: u32,
}

impl Bench {
    /// Opens an exchange, which only the contender of this name uses.
    async fn open(&self, exchange: &str) -> Result<RabbitMq, BoxError> {
        Ok(RabbitMq::connect(&self.url)
            .exchange(exchange)
            .open()
            .await?)
    }

    /// Declares the queue of a contender, by consuming one event, and opens its exchange.
    async fn declare(
        self: &Arc<Self>,
        contender: &Contender,
        name: &str,
    ) -> Result<RabbitMq, BoxError> {
        let rabbitmq = self.open(name).await?;
        let one = contender.latencies(self, (&rabbitmq, 0), name.to_owned(), (1, INTERVAL));
        one.await?;
        Ok(rabbitmq)
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let Some(server) = Server::start() else {
        return Ok(());
    };
    let bench = Arc::new(Bench {
        url: server.url(),
        server: server.id().ok_or("the server does not run")?,
    });
    let wanted = env::args().skip(1).find(|part| !part.starts_with("--"));
    consume(&bench, wanted.as_deref()).await?;
    if wanted.is_some() {
        return Ok(());
    }
    latency(&bench).await?;
    publish::run(&bench).await
}

fn contenders() -> [Contender; 7] {
    [
        client::one_at_once("lapin, 1 at once"),
        client::one_at_once_as_event("lapin and the binding, 1 at once"),
        transport::one_at_once("eventkit, without a service, 1 at once"),
        service::one_at_once("eventkit, 1 at once"),
        client::sixteen_at_once("lapin, 16 at once"),
        client::sixteen_at_once_as_event("lapin and the binding, 16 at once"),
        service::sixteen_at_once("eventkit, 16 at once"),
    ]
}

async fn consume(bench: &Arc<Bench>, wanted: Option<&str>) -> Result<(), BoxError> {
    let mut all: Vec<(Contender, Vec<Spent>)> = Vec::new();
    let contenders = contenders().into_iter();
    let is_wanted = |own: &Contender| wanted.is_none_or(|wanted| own.name.contains(wanted));
    all.extend(contenders.filter(is_wanted).map(|own| (own, Vec::new())));
    for round in 0..ROUNDS {
        for (contender, spent) in &mut all {
            let name = format!("{}-{round}", contender.short);
            let rabbitmq = bench.declare(contender, &name).await?;
            rabbitmq.publish_all((0..EVENTS).map(order)).await?;
            drop(rabbitmq);
            let consume = Consume::new(name, EVENTS);
            spent.push(contender.run(bench, bench.server, consume).await?);
        }
    }
    let all = all.iter().map(|(own, spent)| (own.name, &**spent));
    spent::print_rates(EVENTS, all);
    Ok(())
}

async fn latency(bench: &Arc<Bench>) -> Result<(), BoxError> {
    let mut all: Vec<(Contender, Vec<f64>)> = Vec::new();
    all.extend(contenders().map(|own| (own, Vec::new())));
    for round in 0..ROUNDS {
        for (contender, times) in &mut all {
            let name = format!("{}-alone-{round}", contender.short);
            let rabbitmq = bench.declare(contender, &name).await?;
            let measured = contender.latencies(bench, (&rabbitmq, 0), name, (ALONE, INTERVAL));
            times.extend(measured.await?);
        }
    }
    let all = all.into_iter().map(|(own, times)| (own.name, times));
    spent::print_latencies(all.collect());
    Ok(())
}
