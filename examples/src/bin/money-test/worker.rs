//! A worker: a process that runs the handlers.

use std::env;
use std::process::Stdio;
use std::time::Duration;

use eventkit::{BoxError, CloudEvent, Policy};
use eventkit_nats::Nats;
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};

/// The first argument of a worker process.
pub(crate) const COMMAND: &str = "work";

/// The number of accounts. It is small, so that some transfers deadlock.
pub(crate) const ACCOUNTS: i64 = 100;

pub(crate) const INITIAL_BALANCE: i64 = 1_000_000;

/// The configuration of a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WorkerConfig {
    pub(crate) nats: String,
    pub(crate) database: String,
    pub(crate) without_tx: bool,
}

/// A transfer between two accounts was requested.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.transfer.requested", source = "/bank")]
pub(crate) struct TransferRequested {
    #[cloudevent(id)]
    pub(crate) id: String,
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) amount: i64,
}

/// A transfer was booked.
#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.transfer.booked", source = "/bank")]
pub(crate) struct TransferBooked {
    pub(crate) transfer: String,
}

impl TransferRequested {
    /// Returns the transfer with a number, which is the same in every run.
    pub(crate) fn number(number: u32) -> Self {
        let number = i64::from(number);
        let from = number % ACCOUNTS;
        Self {
            id: number.to_string(),
            from,
            to: (from + 1 + number / ACCOUNTS % (ACCOUNTS - 1)) % ACCOUNTS,
            amount: number % 97 + 1,
        }
    }
}

/// Opens the stream of transfers. It only detects duplicates within a tenth of a second.
pub(crate) async fn open(url: &str) -> Result<Nats, BoxError> {
    let nats = Nats::connect(url).stream("bank");
    let nats = nats.duplicate_window(Duration::from_millis(100));
    Ok(nats.open().await?)
}

/// Returns a policy with enough attempts for all faults.
pub(crate) fn policy() -> Policy {
    Policy::new()
        .attempts(1000)
        .concurrency(8)
        .initial_delay(Duration::from_millis(50))
        .max_delay(Duration::from_secs(1))
}

/// Starts a worker process. It is killed when the returned handle is dropped.
pub(crate) fn start(config: &WorkerConfig) -> Result<Child, BoxError> {
    let mut process = Command::new(env::current_exe()?);
    process.args([COMMAND, &serde_json::to_string(config)?]);
    process.stdin(Stdio::null()).kill_on_drop(true);
    Ok(process.spawn()?)
}
