//! The orders of the example `shop`, from the same file, on NATS `JetStream`. Each of three roles
//! is a process.
//!
//! ```text
//! orders_on_nats work            # handles orders until ctrl-c; start any number of workers
//! orders_on_nats publish 10000   # publishes orders; one in a hundred exceeds the card limit
//! orders_on_nats letters         # lists the dead letters
//! orders_on_nats replay          # replays the dead letters
//! ```
//!
//! `NATS_URL` is the URL of the server, by default `nats://127.0.0.1:4222`. Start one with
//! `nats-server --jetstream`. `CARD_LIMIT` is the limit of a worker's bank, in cents.

#![forbid(unsafe_code)]

#[path = "shop/orders.rs"]
mod orders;
#[path = "shop/state.rs"]
mod state;

use std::env;
use std::io::{IsTerminal, Write, stderr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use eventkit::{BoxError, CloudEvent, Dispatcher, Policy};
use eventkit_nats::Nats;
use eventkit_service::{DeadLetters, Service, ServiceHandle};

use orders::OrderPlaced;
use state::{Bank, Books};

/// The name of the service and of its stream.
const SHOP: &str = "shop";

const USAGE: &str = "orders_on_nats work | publish [NUMBER] | letters | replay";

/// The interval of progress reports.
const REPORT_INTERVAL: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["work"] => work().await,
        ["publish"] => publish(1_000).await,
        ["publish", number] => match number.parse() {
            Ok(number) => publish(number).await,
            Err(_) => Err(format!("{number:?} is not a number of orders: {USAGE}").into()),
        },
        ["letters"] => letters().await,
        ["replay"] => replay().await,
        _ => Err(USAGE.into()),
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

async fn connect() -> Result<Nats, BoxError> {
    let url = env::var("NATS_URL").unwrap_or_else(|_| "nats://127.0.0.1:4222".to_owned());
    Ok(Nats::connect(url).stream(SHOP).open().await?)
}

/// Runs the handlers until SIGTERM or ctrl-c, and then finishes the attempts in progress.
async fn work() -> Result<(), BoxError> {
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
        .transport(connect().await?)
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

/// Reports the progress of the handlers when it changes.
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
                ", and NATS is unreachable"
            };
            println!("{succeeded} done, {retried} tried again, {dead} dead letters{state}");
        }
    }
}

async fn publish(number: u64) -> Result<(), BoxError> {
    let nats = connect().await?;
    let mut shown = Instant::now();
    for at in 1..=number {
        let order = OrderPlaced {
            order_id: format!("A-{at}"),
            customer: "ann".to_owned(),
            total_cents: if at % 100 == 0 { 999_900 } else { 1_250 },
        };
        // The id is the same in every run, so that an order is not stored twice.
        let event = order.event_builder()?.id(&order.order_id).build()?;
        nats.publish(&event).await?;
        if stderr().is_terminal() && (shown.elapsed() > REPORT_INTERVAL || at == number) {
            eprint!("\r{at} of {number} orders");
            stderr().flush()?;
            shown = Instant::now();
        }
    }
    println!("{number} orders are published.");
    Ok(())
}

async fn letters() -> Result<(), BoxError> {
    let letters = DeadLetters::new(connect().await?, SHOP).list().await?;
    for letter in &letters {
        println!("{letter}");
    }
    println!("{} dead letters", letters.len());
    Ok(())
}

async fn replay() -> Result<(), BoxError> {
    let replayed = DeadLetters::new(connect().await?, SHOP)
        .replay_all()
        .await?;
    println!("replayed {replayed} dead letters");
    Ok(())
}
