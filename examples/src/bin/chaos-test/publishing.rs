//! Publishes the events of a row, whatever happens to its broker.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eventkit::BoxError;
use eventkit::transport::TransportError;
use eventkit_nats::Nats;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::setup::Setup;

/// The number of events that are on their way to the broker at once.
const AT_ONCE: u64 = 32;

/// How long an event may be refused.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Default)]
pub(crate) struct Publishing {
    tasks: JoinSet<Result<(), TransportError>>,
    /// The number of attempts that failed.
    failures: Arc<AtomicU64>,
}

impl Publishing {
    /// Publishes events in the background, each until the broker has stored it.
    pub(crate) fn add(&mut self, nats: &Nats, setup: &Setup, numbers: Range<u64>, times: u32) {
        for first in numbers.start..(numbers.start + AT_ONCE).min(numbers.end) {
            let (nats, setup) = (nats.clone(), setup.clone());
            let failures = Arc::clone(&self.failures);
            let own = (first..numbers.end).step_by(AT_ONCE as usize);
            self.tasks.spawn(async move {
                for number in own {
                    for _ in 0..times {
                        publish(&nats, &setup, number, &failures).await?;
                    }
                }
                Ok(())
            });
        }
    }

    /// Returns the number of attempts that have failed.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Waits until all events are stored.
    pub(crate) async fn finish(&mut self) -> Result<(), BoxError> {
        while let Some(published) = self.tasks.join_next().await {
            published??;
        }
        Ok(())
    }
}

async fn publish(
    nats: &Nats,
    setup: &Setup,
    number: u64,
    failures: &AtomicU64,
) -> Result<(), TransportError> {
    let start = Instant::now();
    loop {
        match setup.kind_of(number).publish(nats, number).await {
            Err(error) if start.elapsed() > PATIENCE => return Err(error),
            Err(_) => {
                failures.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(200)).await;
            }
            Ok(()) => return Ok(()),
        }
    }
}
