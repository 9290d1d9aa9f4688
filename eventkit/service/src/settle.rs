//! Keeping a message alive at its transport, and settling it.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::policy::Disposition;
use super::status::increment;
use super::subscription::SubscriptionTask;
use eventkit::transport::{AckHandle, TransportError};

/// The time in which the transport has to confirm a settlement.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(10);

/// Works on a message and keeps it alive meanwhile; releases it if the service aborts.
pub(crate) async fn keep_alive(
    task: &SubscriptionTask,
    handle: &AckHandle,
    work: impl Future<Output = Disposition>,
) -> Disposition {
    tokio::select! {
        biased;
        disposition = work => disposition,
        () = task.aborting.cancelled() => Disposition::Release,
        never = heartbeat(task, handle) => match never {},
    }
}

/// Tells the transport that the message is in progress, three times in each `ack_wait`.
async fn heartbeat(task: &SubscriptionTask, handle: &AckHandle) -> Infallible {
    let interval = task.config.ack_wait / 3;
    loop {
        sleep(interval).await;
        if let Ok(Err(error)) = timeout(interval, handle.in_progress()).await {
            task.status.set_last_error(&error);
        }
    }
}

/// Settles a message, and returns whether the transport confirmed it.
pub(crate) async fn settle(
    task: &SubscriptionTask,
    handle: AckHandle,
    disposition: Disposition,
) -> bool {
    let counters = &task.status.counters;
    if disposition == Disposition::Release {
        increment(&counters.released);
    }
    let settled = timeout(SETTLE_TIMEOUT, handle.settle(disposition.settlement())).await;
    let settled = settled.unwrap_or_else(|_| {
        let message = format!("the transport did not confirm within {SETTLE_TIMEOUT:?}");
        Err(TransportError::unavailable(message))
    });
    if let Err(error) = &settled {
        increment(&counters.unconfirmed);
        task.status.set_last_error(error);
        let subscription = task.shared.handler.durable();
        tracing::warn!(subscription, %error, ?disposition, "the settlement was not confirmed");
    }
    settled.is_ok()
}
