//! Proves that nothing is lost: a real broker, real worker processes, and everything that happens
//! to them in production.
//!
//! ```text
//! cargo run -p eventkit-examples --release --bin chaos-test            # 10,000 events each
//! cargo run -p eventkit-examples --release --bin chaos-test -- --small # within five minutes
//! ```
//!
//! Each fault gets a NATS server of its own, on a free port and with a folder of its own. The
//! program publishes events, starts itself again as worker processes that handle them on
//! `JetStream`, has the fault happen to them, and counts what the handlers did. It exits with 1
//! where a promise is broken: an event that a handler never got, a healthy one among the dead
//! letters, a dead letter too few, or more duplicates than the fault explains.

mod cut;
mod effects;
mod environment;
mod events;
mod fault;
mod letters;
mod progress;
mod row;
mod worker;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use environment::Environment;
use fault::Fault;
use row::Row;

const USAGE: &str = "chaos-test [--small] [--events NUMBER] [FAULT ..]";

/// What the program was asked for.
struct Arguments {
    events: u64,
    faults: Vec<Fault>,
}

impl Arguments {
    fn read(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut events = 10_000;
        let mut faults = Vec::new();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--small" => events = 1_000,
                "--events" => {
                    let number = arguments.next().and_then(|number| number.parse().ok());
                    // Fewer than that are gone before the fault has happened.
                    let number = number.filter(|number| *number >= 200);
                    events = number.ok_or(format!("at least 200 events: {USAGE}"))?;
                }
                name => faults.push(Fault::named(name).ok_or_else(|| {
                    let names = Fault::ALL.map(Fault::name).join(", ");
                    format!("no fault {name:?}: {USAGE}, of {names}")
                })?),
            }
        }
        if faults.is_empty() {
            faults = Fault::ALL.to_vec();
        }
        Ok(Self { events, faults })
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = env::args().skip(1).peekable();
    if arguments
        .peek()
        .is_some_and(|first| first == worker::COMMAND)
    {
        worker::run(arguments.skip(1)).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let arguments = Arguments::read(arguments)?;
    let mut rows = Vec::new();
    for (at, fault) in arguments.faults.iter().enumerate() {
        let title = format!("{}/{} {}", at + 1, arguments.faults.len(), fault.title());
        let Some(mut environment) = Environment::start(*fault, arguments.events, title).await?
        else {
            println!("the tests with a NATS server are turned off, and this is one");
            return Ok(ExitCode::SUCCESS);
        };
        fault.happen(&mut environment).await?;
        rows.push(environment.finish().await?);
    }
    row::print(&rows);
    Ok(if rows.iter().all(Row::holds) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
