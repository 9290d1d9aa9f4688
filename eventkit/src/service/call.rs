//! One call of a handler, with what goes before and after it.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::at_once::within;
use super::inbox::Claim;
use super::job::inbox_key;
use super::lane::{Lane, Worker};
use super::layer::Attempt;
use super::outbox::{Outbox, Unopened};
use super::rules::Rules;
use crate::dispatch::Failure;
use crate::event::Event;
use crate::transport::{MessageInfo, TransportError, TransportErrorKind};

/// How long one event of an outbox may take to be stored.
const SEND_WITHIN: Duration = Duration::from_secs(30);

/// What a call came to.
#[derive(Debug)]
pub(super) enum Called {
    /// The handler has succeeded, and its events are sent.
    Done,
    /// It had succeeded before.
    Before,
    /// It may be running elsewhere, or that cannot be told: the event is to come again.
    Elsewhere,
    Failed(Failure),
}

/// Asks the inbox whether the handler may run; says what came of it where it may not.
pub(super) async fn claim(lane: &Lane, event: &Event, rules: &Rules) -> Option<Called> {
    let inbox = lane.settings.inbox.as_ref()?;
    let lease = rules.timeout.saturating_add(lane.settings.ack_wait);
    match inbox.claim(inbox_key(lane, event), lease).await {
        Ok(Claim::Granted) => None,
        Ok(Claim::Done) => Some(Called::Before),
        Ok(Claim::Taken) => Some(Called::Elsewhere),
        Err(error) => {
            lane.vitals.trouble(&*error);
            tracing::warn!(error = &*error, "the inbox cannot tell");
            Some(Called::Elsewhere)
        }
    }
}

/// Tells the inbox how the call ended.
pub(super) async fn close_claim(lane: &Lane, event: &Event, succeeded: bool) {
    let Some(inbox) = &lane.settings.inbox else {
        return;
    };
    let key = inbox_key(lane, event);
    let told = if succeeded {
        inbox.complete(key).await
    } else {
        inbox.release(key).await
    };
    // The claim ends with its lease; the event is settled all the same.
    if let Err(error) = told {
        lane.vitals.trouble(&*error);
        tracing::warn!(error = &*error, "the inbox could not be told");
    }
}

/// Runs the handler, and sends what it leaves in its outbox.
pub(super) async fn run(
    lane: &Lane,
    event: &Event,
    rules: &Rules,
    (number, info): (u32, MessageInfo),
) -> Called {
    let worker = &lane.worker;
    let (outcome, outbox) = match &lane.settings.layers {
        None if worker.single.handler().is_async() => {
            let unopened = Unopened::of(Arc::clone(&worker.durable));
            let outcome = {
                let running = pin!(worker.single.run(event, &unopened));
                stopped_after(lane, rules.timeout, running).await
            };
            (outcome, unopened.opened())
        }
        None => {
            let outbox = worker.outbox(event);
            let outcome = {
                let running = pin!(worker.handle(event, &outbox));
                stopped_after(lane, rules.timeout, running).await
            };
            (outcome, Some(outbox))
        }
        Some(layers) => {
            let attempt = Attempt {
                event: event.clone(),
                number,
                info,
                outbox: worker.outbox(event),
                worker: Arc::clone(worker),
            };
            let outbox = attempt.outbox.clone();
            let running = pin!(layers.clone().attempt(attempt));
            let outcome = stopped_after(lane, rules.timeout, running).await;
            (outcome, Some(outbox))
        }
    };
    let events = outbox.map(|outbox| outbox.close()).unwrap_or_default();
    if let Err(failure) = outcome {
        return Called::Failed(failure);
    }
    if events.is_empty() {
        return Called::Done;
    }
    match Box::pin(send(lane, &events)).await {
        Ok(()) => Called::Done,
        Err(error) => Called::Failed(Failure::error(error)),
    }
}

/// Ends an attempt that takes too long, or says so where its handler cannot be stopped.
async fn stopped_after<F>(
    lane: &Lane,
    most: Duration,
    mut attempt: Pin<&mut F>,
) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    if let Ok(outcome) = within(most, attempt.as_mut()).await {
        return outcome;
    }
    if lane.worker.single.handler().is_async() {
        return Err(Failure::Timeout(most));
    }
    let _overdue = Overdue::new(&lane.vitals.overdue);
    tracing::warn!(timeout = ?most, "a sync handler takes longer than it may");
    attempt.await
}

async fn send(lane: &Lane, events: &[Event]) -> Result<(), TransportError> {
    for event in events {
        let sent = within(SEND_WITHIN, lane.publisher.publish(event)).await;
        sent.unwrap_or_else(|_| {
            let what = format!("an event was not sent within {SEND_WITHIN:?}");
            Err(TransportError::new(TransportErrorKind::Unavailable, what))
        })?;
    }
    Ok(())
}

impl Worker {
    fn outbox(&self, cause: &Event) -> Outbox {
        Outbox::of(cause.clone(), Arc::clone(&self.durable))
    }

    /// Runs the handler with an outbox; a sync one where it holds nobody up.
    pub(super) async fn handle(&self, event: &Event, outbox: &Outbox) -> Result<(), Failure> {
        if self.single.handler().is_async() {
            return self.single.run(event, outbox).await;
        }
        let (single, event, outbox) = (self.single.clone(), event.clone(), outbox.clone());
        let span = tracing::Span::current();
        let running = spawn_blocking(move || span.in_scope(|| single.run_sync(&event, &outbox)));
        // A panic of the handler is an outcome: only the end of the runtime leads here.
        let ended = running.await;
        ended.unwrap_or_else(|error| Err(Failure::error(error)))
    }
}

/// Counts a sync handler that takes too long, for as long as it does.
struct Overdue<'c>(&'c AtomicU64);

impl<'c> Overdue<'c> {
    fn new(count: &'c AtomicU64) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Overdue<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
