//! Handles the messages of one subscription, as many at once as may be in flight.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::Notify;
use tokio::task::coop::consume_budget;
use tokio::task::{JoinError, JoinSet};

use super::health::{Counts, Phase, SubscriptionState, Vitals};
use super::job;
use super::lane::Lane;
use super::source::Source;
use super::turns::{Turn, Turns};
use crate::transport::Incoming;

/// Runs a subscription until the service drains, and then until its last message is settled.
///
/// Each message is handled by one of several workers, which take turns at the source. There are as
/// many as have been needed at once: one begins when the last one that waited has got a message.
pub(super) async fn run(lane: Arc<Lane>) {
    let vitals = Arc::clone(&lane.vitals);
    let _end = End(&vitals);
    let intake = Arc::new(Intake::new(&lane));
    let mut workers = JoinSet::new();
    let mut begun = 1;
    workers.spawn(work(Arc::clone(&lane), Arc::clone(&intake)));
    let mut draining = false;
    loop {
        tokio::select! {
            () = lane.reached(Phase::Draining), if !draining => {
                draining = true;
                vitals.enter(SubscriptionState::Draining);
            }
            () = intake.all_are_busy.notified(), if begun < intake.most => {
                begun += 1;
                workers.spawn(work(Arc::clone(&lane), Arc::clone(&intake)));
            }
            ended = workers.join_next() => match ended {
                None => break,
                Some(Ok(())) => vitals.enter(SubscriptionState::Draining),
                Some(Err(error)) => {
                    note(&lane, &error);
                    workers.spawn(work(Arc::clone(&lane), Arc::clone(&intake)));
                }
            },
        }
    }
    // Only now: what was in their hands might have been settled through the consumer.
    if let Some(source) = intake.hold().and_then(Held::into_source) {
        source.close().await;
    }
}

/// Takes messages and handles them, one after another.
async fn work(lane: Arc<Lane>, intake: Arc<Intake>) {
    while let Some((incoming, turn)) = intake.take(&lane).await {
        job::run(&lane, incoming, turn).await;
        // Where nothing has to be waited for, others have to run all the same.
        consume_budget().await;
    }
}

/// Where the workers of a subscription get their messages.
#[derive(Debug)]
struct Intake {
    /// In the hands of one worker, or here.
    source: Mutex<Option<Box<Source>>>,
    is_here: Notify,
    turns: Arc<Turns>,
    /// How many workers wait for a message.
    waiting: AtomicUsize,
    /// How many workers there may be.
    most: usize,
    all_are_busy: Notify,
}

/// Counts a worker that waits for a message, for as long as it does.
struct Waiting<'i>(&'i AtomicUsize);

/// Is the source in the hands of one worker.
struct Held<'i> {
    intake: &'i Intake,
    source: Option<Box<Source>>,
}

impl Intake {
    fn new(lane: &Lane) -> Self {
        let subscription = lane.subscription();
        let most = subscription.in_flight.max(1);
        let source = Source::new(
            Arc::clone(&lane.transport),
            subscription,
            Arc::clone(&lane.vitals),
        );
        Self {
            source: Mutex::new(Some(Box::new(source))),
            is_here: Notify::new(),
            turns: Arc::default(),
            waiting: AtomicUsize::new(0),
            most,
            all_are_busy: Notify::new(),
        }
    }

    /// Waits for a message, and takes its turn while no other can come before it; `None` where there
    /// will be no more.
    async fn take(&self, lane: &Lane) -> Option<(Incoming, Turn)> {
        let waiting = Waiting::new(&self.waiting);
        let mut held = loop {
            if let Some(held) = self.hold() {
                break held;
            }
            // Who comes back from a message goes before who waits here: to hand the source on in
            // turn would be a switch of tasks for each message.
            self.is_here.notified().await;
        };
        // Who waits for the source need not wait for the end: it comes to everybody through this.
        let incoming = match &mut held.source {
            Some(source) => lane.unless_draining(pin!(source.next())).await.flatten(),
            None => None,
        };
        let taken = incoming.map(|incoming| {
            Counts::add(&lane.vitals.counts.received);
            let turn = lane.worker.turn(&self.turns, &incoming);
            (incoming, turn)
        });
        if waiting.end() == 0 && taken.is_some() {
            self.all_are_busy.notify_one();
        }
        taken
    }

    /// Takes the source, unless another worker has it.
    fn hold(&self) -> Option<Held<'_>> {
        let source = Some(self.lock().take()?);
        Some(Held {
            intake: self,
            source,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Source>>> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'i> Waiting<'i> {
    fn new(count: &'i AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }

    /// Ends it, and returns how many others wait.
    fn end(self) -> usize {
        let others = self.0.fetch_sub(1, Ordering::Relaxed) - 1;
        std::mem::forget(self);
        others
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Held<'_> {
    /// Takes the source for good.
    fn into_source(mut self) -> Option<Box<Source>> {
        self.source.take()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(mut source) = self.source.take() {
            if thread::panicking() {
                source.lose_to_panic();
            }
            *self.intake.lock() = Some(source);
            // Who begins to wait from now on finds the source itself.
            if self.intake.waiting.load(Ordering::Relaxed) > 0 {
                self.intake.is_here.notify_one();
            }
        }
    }
}

/// Says that the subscription has ended, also where a transport panics.
struct End<'v>(&'v Vitals);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.enter(SubscriptionState::Stopped);
    }
}

/// Tells of a worker that panicked, which no handler can bring about: its message comes again.
fn note(lane: &Lane, error: &JoinError) {
    lane.vitals.trouble(error);
    tracing::error!(subscription = &*lane.worker.durable, %error, "a message was not settled");
}
