//! The roles of the shop on a broker, each a process of its own: they are the same on every transport.

use std::env;
use std::io::{IsTerminal, Write, stderr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use eventkit::transport::{Publisher, PublisherExt, Transport, TransportError};
use eventkit::{BoxError, CloudEvent, Dispatcher, Policy};
use eventkit_service::{DeadLetters, Service, ServiceHandle};

use super::orders::OrderPlaced;
use super::state::{Bank, Books};

/// The name of the service, and of the place of its events at the broker.
pub(crate) const SHOP: &str = "shop";

const USAGE: &str = "work | publish [NUMBER] | letters | replay";

/// The interval of progress reports.
const REPORT_INTERVAL: Duration = Duration::from_millis(500);

/// Runs the role that the arguments name, on the transport that `connect` opens.
pub(crate) async fn run<T, F>(connect: impl FnOnce() -> F) -> ExitCode
where
    T: Transport + Clone + 'static,
    F: Future<Output = Result<T, TransportError>>,
{
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match Role::named(&words) {
        Ok(role) => match connect().await {
            Ok(transport) => role.run(transport).await,
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}"));
            eprintln!("{error}{}", cause.unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

/// What a process does.
enum Role {
    Work,
    Publish(u64),
    Letters,
    Replay,
}

impl Role {
    fn named(words: &[&str]) -> Result<Self, String> {
        match *words {
            ["work"] => Ok(Self::Work),
            ["publish"] => Ok(Self::Publish(1_000)),
            ["publish", number] => match number.parse() {
                Ok(number) => Ok(Self::Publish(number)),
                Err(_) => Err(format!("{number:?} is not a number of orders: {USAGE}")),
            },
            ["letters"] => Ok(Self::Letters),
            ["replay"] => Ok(Self::Replay),
            _ => Err(USAGE.to_owned()),
        }
    }

    async fn run<T: Transport + Clone + 'static>(self, transport: T) -> Result<(), BoxError> {
        match self {
            Self::Work => work(transport).await,
            Self::Publish(number) => publish(&transport, number).await,
            Self::Letters => letters(transport).await,
            Self::Replay => replay(transport).await,
        }
    }
}

/// Runs the handlers until SIGTERM or ctrl-c, and then finishes what they have begun.
async fn work<T: Transport + 'static>(transport: T) -> Result<(), BoxError> {
    let limit_cents = match env::var("CARD_LIMIT") {
        Ok(limit) => limit.parse()?,
        Err(_) => 50_000,
    };
    let books = Books::default();
    let app = Dispatcher::new(eventkit::default_registry())
        .state(books.clone())
        .state(Bank { limit_cents })
        .build()?;
    let hasty = Policy::new()
        .attempts(3)
        .initial_delay(Duration::from_millis(100));
    let service = Service::new(SHOP, &app)
        .transport(transport)
        .policy(hasty)
        .build()?;
    let news = tokio::spawn(report(service.handle()));
    println!("The shop is running; press ctrl-c to stop.");
    let stopped = service.run().await?;
    news.abort();
    if let Some(line) = books.lines().last() {
        println!("Last entry: {line}");
    }
    println!("The shop is closed; released {}.", stopped.released);
    Ok(())
}

/// Reports the progress of the handlers whenever it has changed.
async fn report(handle: ServiceHandle) {
    let mut before = None;
    loop {
        tokio::time::sleep(REPORT_INTERVAL).await;
        let health = handle.health();
        let counters = health.counters();
        let now = (
            counters.succeeded,
            counters.retried,
            counters.dead_lettered,
            health.is_ready(),
        );
        if before.replace(now) != Some(now) {
            let (succeeded, retried, dead, is_ready) = now;
            let state = if is_ready {
                ""
            } else {
                ", and the broker is unreachable"
            };
            println!("{succeeded} done, {retried} tried again, {dead} dead letters{state}");
        }
    }
}

async fn publish(publisher: &impl Publisher, number: u64) -> Result<(), BoxError> {
    let mut shown = Instant::now();
    for at in 1..=number {
        let order = OrderPlaced {
            order_id: format!("A-{at}"),
            customer: "ann".to_owned(),
            total_cents: if at % 100 == 0 { 999_900 } else { 1_250 },
        };
        // The same id whenever it runs: where the broker finds duplicates, an order is not stored twice.
        let event = order.event_builder()?.id(&order.order_id).build()?;
        publisher.publish(&event).await?;
        if stderr().is_terminal() && (shown.elapsed() > REPORT_INTERVAL || at == number) {
            eprint!("\r{at} of {number} orders");
            stderr().flush()?;
            shown = Instant::now();
        }
    }
    println!("{number} orders are published.");
    Ok(())
}

async fn letters<T: Transport>(transport: T) -> Result<(), BoxError> {
    let letters = DeadLetters::new(transport, SHOP).list().await?;
    for letter in &letters {
        println!("{letter}");
    }
    println!("{} dead letters", letters.len());
    Ok(())
}

async fn replay<T: Transport>(transport: T) -> Result<(), BoxError> {
    let replayed = DeadLetters::new(transport, SHOP).replay_all().await?;
    println!("replayed {replayed} dead letters");
    Ok(())
}
