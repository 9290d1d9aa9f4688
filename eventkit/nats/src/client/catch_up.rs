//! Catching up: a new consumer of an ordered subscription delivers the messages of a lost one first.

use std::collections::VecDeque;
use std::time::Duration;

use eventkit::transport::backoff::FAR_FUTURE;
use eventkit::transport::{Incoming, TransportError};
use tokio::time::Instant;
use tracing::{debug, info};

use super::active_subscription::ActiveSubscription;
use super::consumer_info::ConsumerInfo;

/// How often the server is asked for messages that it delivers again, at least.
const MAX_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// How late the server may notice that an `ack_wait` is over.
const REDELIVERY_MARGIN: Duration = Duration::from_millis(500);

/// The catching up of a consumer.
///
/// The server sends messages to a connection that is cut, and delivers them again after `ack_wait`. Until
/// then messages are requested one at a time and held, up to the first one that is delivered for the
/// first time. If no message is missing, this is over at once.
#[derive(Debug)]
pub(super) struct CatchUp {
    /// The time at which the server delivers again what was delivered to lost consumers.
    until: Instant,
    look_interval: Duration,
    next_look: Instant,
    /// The time at which the server last had nothing to deliver, unless it may have by now.
    idle_since: Option<Instant>,
    held: Vec<Incoming>,
    /// The number of held messages that are delivered for the first time.
    newer: usize,
}

impl CatchUp {
    /// Starts the catching up of a subscription that keeps the order of its messages.
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

    /// Returns whether the server may be asked for another message.
    pub(super) fn may_request(&self) -> bool {
        Instant::now() >= self.until || self.newer == 0 && self.idle_since.is_none()
    }

    /// Holds a message that arrived. One that is delivered again may be newer than a missing one, too.
    pub(super) fn hold(&mut self, incoming: Incoming) {
        self.newer += usize::from(incoming.metadata.delivery_count <= 1);
        self.held.push(incoming);
    }

    /// Notes that the server has nothing to deliver at present.
    pub(super) fn note_idle(&mut self) {
        self.idle_since = Some(Instant::now());
    }

    /// Returns whether nothing has to be waited for any longer, or nothing else can be received.
    pub(super) async fn is_over(
        &mut self,
        subscription: &ActiveSubscription,
    ) -> Result<bool, TransportError> {
        let now = Instant::now();
        // The server delivers again before it delivers anew.
        let has_no_more = self.newer > 1 || self.idle_since >= Some(self.until);
        if self.held.len() - self.newer >= subscription.subscription.max_in_flight {
            return Ok(true);
        }
        if now >= self.until && has_no_more {
            let name = &subscription.subscription.name;
            info!(subscription = %name, "waited for messages that lost consumers may have had");
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
            debug!(subscription = %name, missing, "waits for messages that are delivered again");
        }
        Ok(missing == 0)
    }

    /// Returns the messages that were held, in their order.
    pub(super) fn into_held(mut self) -> VecDeque<Incoming> {
        self.held.sort_by_key(|incoming| incoming.metadata.position);
        self.held.into()
    }
}

/// Returns how many messages were delivered, are not settled, and are not known to this process.
async fn missing(subscription: &ActiveSubscription) -> Result<u64, TransportError> {
    let durable = &subscription.durable;
    let found = ConsumerInfo::look_up(&subscription.shared, &durable.name).await?;
    // Without a consumer the next request fails.
    Ok(found.map_or(0, |info| {
        let known = durable.unsettled.count_after(info.ack_floor.stream_seq);
        info.num_ack_pending.saturating_sub(known)
    }))
}
