//! A message is kept alive while it is worked on, and then settled.

use std::convert::Infallible;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::at_once::{poll_once, within};
use super::health::{Counts, Phase};
use super::lane::Lane;
use eventkit::transport::{AckHandle, Settlement, TransportError, TransportErrorKind};

/// How long the transport may take to settle a message.
const SETTLE_WITHIN: Duration = Duration::from_secs(10);

/// How a message is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Ack,
    Terminate,
    Nack(Duration),
    HandBack,
}

/// Works on a message, tells the transport so, and hands it back where the service is cut.
pub(super) async fn keep_alive(
    lane: &Lane,
    settle: &AckHandle,
    work: impl Future<Output = End>,
) -> End {
    let mut work = pin!(work);
    if let Poll::Ready(end) = poll_once(work.as_mut()).await {
        return end;
    }
    tokio::select! {
        biased;
        end = work => end,
        () = lane.reached(Phase::Cut) => End::HandBack,
        never = heartbeat(lane, settle) => match never {},
    }
}

/// Says that the message is being worked on, three times in each `ack_wait`.
async fn heartbeat(lane: &Lane, settle: &AckHandle) -> Infallible {
    let every = lane.settings.ack_wait / 3;
    loop {
        sleep(every).await;
        if let Ok(Err(error)) = timeout(every, settle.in_progress()).await {
            lane.vitals.trouble(&error);
        }
    }
}

/// Settles a message, and returns whether the transport has confirmed it.
pub(super) async fn finish(lane: &Lane, settle: AckHandle, end: End) -> bool {
    let counts = &lane.vitals.counts;
    let how = match end {
        End::Ack => Settlement::Ack,
        End::Terminate => Settlement::Terminate,
        End::Nack(delay) => Settlement::Nack(delay),
        End::HandBack => {
            Counts::add(&counts.handed_back);
            Settlement::Nack(Duration::ZERO)
        }
    };
    let told = within(SETTLE_WITHIN, settle.settle(how)).await;
    let told = told.unwrap_or_else(|_| {
        let what = format!("the transport did not confirm within {SETTLE_WITHIN:?}");
        Err(TransportError::new(TransportErrorKind::Unavailable, what))
    });
    if let Err(error) = &told {
        Counts::add(&counts.unconfirmed);
        lane.vitals.trouble(error);
        tracing::warn!(subscription = &*lane.worker.durable, %error, ?end, "not confirmed");
    }
    told.is_ok()
}
