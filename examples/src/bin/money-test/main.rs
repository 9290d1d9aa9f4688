//! Moves money between accounts while servers, workers and connections fail.
//!
//! Workers receive transfers from NATS, each published twice, and book them in a database. The test
//! kills workers, NATS and PostgreSQL, and cuts the network between them. At the end, all balances
//! and the number of bookings must be exact. Each transfer must have one receipt, which another
//! handler writes for the event that the first one returns. Without `Tx`, the same run books some
//! transfers twice.

#![forbid(unsafe_code)]
#![allow(
    clippy::duplicate_mod,
    reason = "the handlers are compiled for each database"
)]

mod arguments;
mod faults;
mod postgres;
#[path = "../chaos-test/proxy.rs"]
mod proxy;
mod result;
mod run;
mod sqlite;
mod worker;

use std::process::ExitCode;

use arguments::{Arguments, USAGE};
use eventkit::BoxError;
use worker::WorkerConfig;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [command, config] if command == worker::COMMAND => work(config).await,
        arguments => match Arguments::parse(arguments) {
            Ok(arguments) => run::run(&arguments).await,
            Err(mistake) => {
                eprint!("money-test: {mistake}\n\n{USAGE}");
                return ExitCode::from(2);
            }
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("money-test: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn work(config: &str) -> Result<(), BoxError> {
    let config: WorkerConfig = serde_json::from_str(config)?;
    if config.database.starts_with("sqlite:") {
        sqlite::work(config).await
    } else {
        postgres::work(config).await
    }
}
