//! Keeping a message alive while it is processed, and settling it afterwards.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tracing::Instrument;

use super::counters::increment;
use super::error::within;
use super::policy::Disposition;
use super::spans::{self, Processing};
use super::subscription::SubscriptionTask;
use eventkit::transport::{AckHandle, with_causes};

/// The time limit for the transport to confirm a settlement.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs a future while reporting progress on the message; releases the message if the service
/// aborts.
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

/// Reports progress to the transport three times in each `ack_wait`, using the transport's
/// `ack_wait` if an operator or another deployment has changed it.
async fn heartbeat(task: &SubscriptionTask, handle: &AckHandle) -> Infallible {
    loop {
        let interval = handle.ack_wait().unwrap_or(task.config.ack_wait) / 3;
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
    processing: Option<&Processing>,
) -> bool {
    let counters = &task.status.counters;
    if disposition == Disposition::Release {
        increment(&counters.released);
    }
    #[cfg(feature = "otel")]
    let start = std::time::Instant::now();
    let span = spans::settle_span(task, processing, disposition.settlement());
    let settling = handle.settle(disposition.settlement());
    // Pinned in place: moving a large future would copy it.
    let settling = pin!(within(
        SETTLE_TIMEOUT,
        "the transport did not confirm the settlement",
        settling,
    ));
    let settled = settling.instrument(span.clone()).await;
    #[cfg(feature = "otel")]
    {
        let operation = spans::operation(disposition.settlement());
        let error = settled.as_ref().err().map(|error| error.kind().as_str());
        super::metrics::record_settlement(&task.status, operation, start.elapsed(), error);
    }
    match &settled {
        Ok(()) => task.status.confirm_settlement(disposition),
        Err(error) => {
            spans::record_unsettled(&span, error.kind());
            increment(&counters.unconfirmed);
            task.status.set_settlement_error(error);
            let subscription = task.shared.handler.durable();
            tracing::warn!(parent: &span, subscription, error = with_causes(&error), ?disposition, "failed to settle the message");
        }
    }
    settled.is_ok()
}
