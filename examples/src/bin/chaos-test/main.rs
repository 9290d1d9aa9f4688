//! Tests that no event is lost, with a real broker, real worker processes, and the faults that they
//! have in production.
//!
//! ```text
//! cargo run -p eventkit-examples --release --bin chaos-test            # 10,000 events each
//! cargo run -p eventkit-examples --release --bin chaos-test -- --small # 1,000 events each
//! cargo run -p eventkit-examples --release --bin chaos-test -- --row widened --events 400
//! ```
//!
//! Each row has its own NATS server or cluster, or an exchange on RabbitMQ, on free ports and with
//! its own directory. The rows on RabbitMQ share a node, unless the fault is one of the node. The
//! program publishes events and starts itself as worker processes, which handle them. It causes a
//! fault, and counts the effects of the handlers. It exits with 1 if a promise was broken: an event
//! was lost, a healthy event became a dead letter, a dead letter is missing, or there are more
//! repeated effects than the row allows. A row allows the number of events in flight at a fault,
//! times the number of faults.

mod broker;
mod broker_config;
mod clusters;
mod connections;
mod deployments;
mod effects;
mod environment;
mod events;
mod fault;
mod handlers;
mod letters;
mod operator;
mod operators;
mod processes;
mod progress;
mod proxy;
mod publishing;
mod rabbitmq;
mod replays;
mod row;
mod setup;
mod stores;
mod trap;
mod worker;
mod worker_process;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use eventkit::BoxError;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use environment::Environment;
use fault::{FAULTS, Fault};
use progress::Progress;
use row::Row;
use setup::Setup;

const USAGE: &str = "chaos-test [--small] [--events NUMBER] [--jobs NUMBER] [--row NAME ..]";

/// With fewer events, all would be handled before the fault.
const MIN_EVENTS: u64 = 200;

/// The command line arguments.
struct Arguments {
    events: u64,
    /// The number of rows that run concurrently.
    jobs: usize,
    faults: Vec<Fault>,
}

impl Arguments {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut events, mut jobs, mut faults) = (10_000, 1, Vec::new());
        while let Some(argument) = arguments.next() {
            let mut number = || arguments.next().and_then(|number| number.parse().ok());
            match argument.as_str() {
                "--small" => events = 1_000,
                "--events" => {
                    let number = number().filter(|number| *number >= MIN_EVENTS);
                    events = number.ok_or(format!("at least {MIN_EVENTS} events: {USAGE}"))?;
                }
                "--jobs" => {
                    let number = number().and_then(|number| usize::try_from(number).ok());
                    let number = number.filter(|number| *number > 0);
                    jobs = number.ok_or(format!("at least one job: {USAGE}"))?;
                }
                "--row" => {
                    let name = arguments.next().unwrap_or_default();
                    faults.push(Fault::named(&name).ok_or_else(|| no_row(&name))?);
                }
                other => return Err(format!("unknown argument {other:?}: {USAGE}")),
            }
        }
        if faults.is_empty() {
            faults = FAULTS.to_vec();
        }
        Ok(Self {
            events,
            jobs,
            faults,
        })
    }
}

fn no_row(name: &str) -> String {
    let names: Vec<_> = FAULTS.iter().map(|fault| fault.name).collect();
    format!("no row {name:?}: {USAGE}, of {}", names.join(", "))
}

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let mut arguments = env::args().skip(1).peekable();
    if arguments.next_if_eq(worker::COMMAND).is_some() {
        let config = arguments.next().ok_or("a worker needs a configuration")?;
        worker::run(&config).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let arguments = Arguments::read(arguments)?;
    let mut stop = signal(SignalKind::terminate())?;
    // Dropping the other branch stops the servers and workers, and removes their directories.
    let rows = tokio::select! {
        rows = run_all(arguments) => rows?,
        _ = tokio::signal::ctrl_c() => return Ok(ExitCode::FAILURE),
        _ = stop.recv() => return Ok(ExitCode::FAILURE),
    };
    if rows.is_empty() {
        println!("the chaos test needs a broker, and all are disabled");
        return Ok(ExitCode::SUCCESS);
    }
    row::print(&rows);
    Ok(if rows.iter().all(Row::holds) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs all rows whose broker is not disabled.
async fn run_all(arguments: Arguments) -> Result<Vec<Row>, BoxError> {
    let (events, count) = (arguments.events, arguments.faults.len());
    let jobs = Arc::new(Semaphore::new(arguments.jobs));
    let mut running = JoinSet::new();
    for (at, fault) in arguments.faults.into_iter().enumerate() {
        let jobs = Arc::clone(&jobs);
        running.spawn(async move {
            let _job = jobs.acquire_owned().await?;
            let title = format!("{}/{count} {}", at + 1, fault.title);
            let row = run(fault, events, Progress::new(title.clone())).await;
            eprintln!("{title}: over");
            row.map(|row| row.map(|row| (at, row)))
        });
    }
    let mut rows = Vec::new();
    while let Some(row) = running.join_next().await {
        rows.extend(row??);
    }
    rows.sort_by_key(|(at, _)| *at);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// Runs a row, or returns `None` if tests with its broker are disabled.
async fn run(fault: Fault, events: u64, progress: Progress) -> Result<Option<Row>, BoxError> {
    let mut setup = Setup::new(fault.broker, events);
    (fault.set_up)(&mut setup);
    let Some(mut environment) = Environment::start(fault.name, setup, progress).await? else {
        return Ok(None);
    };
    let happened = (fault.happen)(&mut environment).await;
    environment.demand_ok(happened);
    environment.finish(fault.title).await.map(Some)
}
