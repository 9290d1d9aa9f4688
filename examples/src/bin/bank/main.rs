//! A bank whose balances are correct, however often its events are delivered.
//!
//! An HTTP route stores an order and its event in one transaction. A handler with a `Tx` books the
//! payment, and another handler handles the event that it returns. The code is in
//! `shared/books.rs`.
//!
//! ```console
//! cargo run -p eventkit-examples --bin bank
//! cargo run -p eventkit-examples --bin bank -- postgres://localhost/bank
//! ```

#![forbid(unsafe_code)]
#![allow(
    clippy::duplicate_mod,
    reason = "the handlers are compiled for each database"
)]

mod postgres;
mod sqlite;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [] => sqlite::run().await,
        [url] if url.starts_with("postgres") => postgres::run(url).await,
        _ => {
            eprintln!("bank [postgres://..]: keeps its books in SQLite, or in PostgreSQL");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bank: {error}");
            ExitCode::FAILURE
        }
    }
}
