//! Publishes the events of a row while its broker may fail.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eventkit::BoxError;
use eventkit::transport::{Transport, TransportError};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::setup::Setup;

/// The maximum number of events in flight to the broker.
const AT_ONCE: u8 = 32;

/// The time limit for publishing an event.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Debug, Default)]
pub(crate) struct Publishing {
    tasks: JoinSet<Result<(), TransportError>>,
    /// The number of failed attempts.
    failures: Arc<AtomicU64>,
}

impl Publishing {
    /// Publishes events in the background, and retries each until the broker has stored it.
    pub(crate) fn add(
        &mut self,
        broker: &Arc<dyn Transport>,
        setup: &Setup,
        numbers: Range<u64>,
        times: u32,
    ) {
        let end = numbers.end;
        for first in numbers.start..end.min(numbers.start + u64::from(AT_ONCE)) {
            let (broker, setup) = (Arc::clone(broker), setup.clone());
            let failures = Arc::clone(&self.failures);
            let own = (first..end).step_by(usize::from(AT_ONCE));
            self.tasks.spawn(async move {
                for number in own {
                    for _ in 0..times {
                        publish(&*broker, &setup, number, &failures).await?;
                    }
                }
                Ok(())
            });
        }
    }

    /// Returns the number of failed attempts.
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
    broker: &dyn Transport,
    setup: &Setup,
    number: u64,
    failures: &AtomicU64,
) -> Result<(), TransportError> {
    let start = Instant::now();
    loop {
        match setup.kind_of(number).publish(broker, number).await {
            Err(error) if start.elapsed() > PATIENCE => return Err(error),
            Err(_) => {
                failures.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(200)).await;
            }
            Ok(()) => return Ok(()),
        }
    }
}
