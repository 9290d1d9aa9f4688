//! Catching up: a new consumer of an ordered subscription first delivers the messages of a lost
//! one.

use std::collections::VecDeque;
use std::time::Duration;

use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{Incoming, TransportError};
use tokio::time::Instant;
use tracing::{debug, info};

use super::active_subscription::ActiveSubscription;
use super::consumer_info::ConsumerInfo;

/// The maximum interval between requests for messages to be redelivered.
const MAX_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// How late the server may notice that an `ack_wait` has passed.
const REDELIVERY_MARGIN: Duration = Duration::from_millis(500);

/// The catch-up phase of a consumer.
///
/// The server may have sent messages into a broken connection; it redelivers them after `ack_wait`.
/// Until then, messages are requested one at a time and held back, up to the first one that is
/// delivered for the first time. If no message is missing, the phase ends at once.
#[derive(Debug)]
pub(super) struct CatchUp {
    /// The time at which the server redelivers the messages of lost consumers.
    until: Instant,
    look_interval: Duration,
    next_look: Instant,
    /// The time since which the server has had nothing to deliver.
    idle_since: Option<Instant>,
    held: Vec<Incoming>,
    /// The number of held messages that were delivered for the first time.
    newer: usize,
}

impl CatchUp {
    /// Starts the catch-up phase if the subscription keeps the order of its messages.
    pub(super) fn start(subscription: &ActiveSubscription) -> Option<Self> {
        if !subscription.subscription.keeps_order {
            return None;
        }
        let now = Instant::now();
        let ack_wait = subscription.durable.ack_wait();
        let ack_wait = ack_wait.unwrap_or(subscription.subscription.ack_wait);
        Some(Self {
            until: now + ack_wait.min(FAR_FUTURE) + REDELIVERY_MARGIN,
            look_interval: MAX_LOOK_INTERVAL.min(ack_wait / 3),
            next_look: now,
            idle_since: None,
            held: Vec::new(),
            newer: 0,
        })
    }

    /// Returns whether another message may be requested from the server.
    pub(super) fn may_request(&self) -> bool {
        Instant::now() >= self.until || self.newer == 0 && self.idle_since.is_none()
    }

    /// Holds a message that arrived. Even a redelivered message may be newer than a missing one.
    pub(super) fn hold(&mut self, incoming: Incoming) {
        self.newer += usize::from(incoming.metadata.delivery_count <= 1);
        self.held.push(incoming);
    }

    /// Records that the server currently has nothing to deliver.
    pub(super) fn note_idle(&mut self) {
        self.idle_since = Some(Instant::now());
    }

    /// Returns whether there is nothing left to wait for, or nothing else can be received.
    pub(super) async fn is_over(
        &mut self,
        subscription: &ActiveSubscription,
    ) -> Result<bool, TransportError> {
        let now = Instant::now();
        // The server delivers redeliveries before new messages.
        let has_no_more = self.newer > 1 || self.idle_since >= Some(self.until);
        if self.held.len() - self.newer >= subscription.subscription.max_in_flight {
            return Ok(true);
        }
        if now >= self.until && has_no_more {
            let name = &subscription.subscription.name;
            info!(subscription = %name, "finished waiting for the messages of lost consumers");
            return Ok(true);
        }
        if now < self.next_look {
            return Ok(false);
        }
        self.next_look = now + self.look_interval;
        self.idle_since = None;
        for incoming in &self.held {
            incoming.handle.in_progress().await?;
        }
        let missing = missing(subscription).await?;
        if missing > 0 {
            let name = &subscription.subscription.name;
            debug!(subscription = %name, missing, "waiting for the redelivery of messages");
        }
        Ok(missing == 0)
    }

    /// Returns the held messages in order.
    pub(super) fn into_held(mut self) -> VecDeque<Incoming> {
        self.held.sort_by_key(|incoming| incoming.metadata.position);
        self.held.into()
    }
}

/// Returns the number of delivered, unsettled messages that this process does not know.
async fn missing(subscription: &ActiveSubscription) -> Result<u64, TransportError> {
    let durable = &subscription.durable;
    let found = ConsumerInfo::look_up(&subscription.shared, &durable.name).await?;
    // If the consumer is gone, the next request fails.
    Ok(found.map_or(0, |info| {
        let known = durable.unsettled.count_after(info.ack_floor.stream_seq);
        info.num_ack_pending.saturating_sub(known)
    }))
}
