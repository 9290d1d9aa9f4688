//! Takes the messages of one subscription, as many as may be in flight.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use super::health::{Counts, Phase, SubscriptionState, Vitals};
use super::job;
use super::lane::Lane;
use super::source::Source;
use super::turns::Turns;

/// Runs a subscription until the service drains, and then until its last message is settled.
pub(super) async fn run(lane: Arc<Lane>) {
    let subscription = lane.worker.subscription(&lane.settings);
    let most = subscription.in_flight.clamp(1, Semaphore::MAX_PERMITS);
    let slots = Arc::new(Semaphore::new(most));
    let vitals = Arc::clone(&lane.vitals);
    let _end = End(&vitals);
    let mut source = Source::new(
        Arc::clone(&lane.transport),
        subscription,
        Arc::clone(&vitals),
    );
    let mut turns = Turns::default();
    let mut jobs = JoinSet::new();
    loop {
        while let Some(ended) = jobs.try_join_next() {
            note(&lane, ended);
        }
        let slot = tokio::select! {
            biased;
            () = lane.reached(Phase::Draining) => break,
            slot = Arc::clone(&slots).acquire_owned() => slot,
        };
        let incoming = tokio::select! {
            biased;
            () = lane.reached(Phase::Draining) => break,
            incoming = source.next() => incoming,
        };
        let (Ok(slot), Some(incoming)) = (slot, incoming) else {
            break;
        };
        Counts::add(&vitals.counts.received);
        let turn = turns.next(lane.worker.key(&incoming));
        jobs.spawn(job::run(Arc::clone(&lane), incoming, turn, slot));
    }
    vitals.enter(SubscriptionState::Draining);
    while let Some(ended) = jobs.join_next().await {
        note(&lane, ended);
    }
    // Only now: what is still in its hands may be settled through the consumer.
    drop(source);
}

/// Says that the subscription has ended, also where a transport panics.
struct End<'v>(&'v Vitals);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.enter(SubscriptionState::Stopped);
    }
}

/// Tells of a job that panicked, which no handler can bring about: its message comes again.
fn note(lane: &Lane, ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        lane.vitals.trouble(&error);
        tracing::error!(subscription = lane.worker.durable, %error, "a message was not settled");
    }
}
