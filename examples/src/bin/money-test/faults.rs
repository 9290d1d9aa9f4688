//! The faults, and the environment that they change.

use std::time::Duration;

use eventkit::BoxError;
use eventkit_tests::{nats, postgres};
use tokio::process::Child;
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::proxy::{Direction, Proxy};
use crate::worker::{self, WorkerConfig};

/// How long a server is stopped.
const DOWN: Duration = Duration::from_millis(1500);

/// How long the network is cut. It is longer than workers wait for an acknowledgement.
const CUT: Duration = Duration::from_secs(3);

/// The servers, proxies and workers of a run.
#[derive(Debug)]
pub(crate) struct Bank {
    pub(crate) nats: nats::Server,
    pub(crate) postgres: Option<postgres::Server>,
    pub(crate) workers: Vec<Worker>,
    /// The proxies between each worker and its servers.
    pub(crate) nats_proxies: Vec<Proxy>,
    pub(crate) database_proxies: Vec<Proxy>,
}

/// A worker that can be restarted with the same configuration.
#[derive(Debug)]
pub(crate) struct Worker {
    config: WorkerConfig,
    process: Child,
}

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    KillWorker,
    KillNats,
    KillPostgres,
    CutFromNats,
    CutFromDatabase,
    CloseConnections,
}

impl Fault {
    /// All faults, in the order of a round.
    pub(crate) const ALL: [Self; 8] = [
        Self::KillWorker,
        Self::KillPostgres,
        Self::CutFromNats,
        Self::KillWorker,
        Self::KillNats,
        Self::CutFromDatabase,
        Self::KillWorker,
        Self::CloseConnections,
    ];

    /// Causes the fault and ends it. `round` selects the worker.
    pub(crate) async fn happen(self, bank: &mut Bank, round: usize) -> Result<(), BoxError> {
        let index = round % bank.workers.len();
        match self {
            Self::KillWorker => {
                bank.workers[index].process.kill().await?;
                sleep(Duration::from_millis(100)).await;
                bank.workers[index].start()?;
            }
            Self::KillNats => {
                block_in_place(|| bank.nats.kill());
                sleep(DOWN).await;
                block_in_place(|| bank.nats.restart());
            }
            Self::KillPostgres => {
                if let Some(server) = &mut bank.postgres {
                    block_in_place(|| server.kill());
                    sleep(DOWN).await;
                    block_in_place(|| server.restart());
                }
            }
            Self::CutFromNats => cut(&bank.nats_proxies, index).await,
            Self::CutFromDatabase => cut(&bank.database_proxies, index).await,
            Self::CloseConnections => {
                let proxies = bank.nats_proxies.iter().chain(&bank.database_proxies);
                proxies.for_each(Proxy::close_connections);
            }
        }
        Ok(())
    }
}

async fn cut(proxies: &[Proxy], index: usize) {
    if let Some(proxy) = proxies.get(index) {
        proxy.block(&[Direction::ToServer, Direction::ToWorker]);
        sleep(CUT).await;
        proxy.block(&[]);
    }
}

impl Worker {
    pub(crate) fn new(config: WorkerConfig) -> Result<Self, BoxError> {
        let process = worker::start(&config)?;
        Ok(Self { config, process })
    }

    fn start(&mut self) -> Result<(), BoxError> {
        self.process = worker::start(&self.config)?;
        Ok(())
    }
}
