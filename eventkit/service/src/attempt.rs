//! One attempt to handle an event: the claim, the handler, and its outgoing events.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::handler::Attempt;
use super::inbox::{Claim, InboxKey};
use super::policy::ResolvedPolicy;
use super::status::CountGuard;
use super::subscription::SubscriptionTask;
use eventkit::event::Event;
use eventkit::transport::{MessageMetadata, TransportError};
use eventkit::{BoxError, Failure};

/// The time in which the transport has to store one outgoing event.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(30);

/// The outcome of an attempt.
#[derive(Debug)]
pub(crate) enum AttemptOutcome {
    /// The handler succeeded, and its events are published.
    Completed,
    /// The handler had succeeded before.
    AlreadyCompleted,
    /// The handler may be running in another process, or the inbox failed.
    ClaimedElsewhere,
    Failed(Failure),
}

/// Claims the event at the inbox; returns the outcome if the handler must not run.
pub(crate) async fn claim(
    task: &SubscriptionTask,
    event: &Event,
    policy: &ResolvedPolicy,
) -> Option<AttemptOutcome> {
    let inbox = task.config.inbox.as_ref()?;
    let lease = policy.timeout.saturating_add(task.config.ack_wait);
    match inbox.claim(inbox_key(task, event), lease).await {
        Ok(Claim::Granted) => None,
        Ok(Claim::Completed) => Some(AttemptOutcome::AlreadyCompleted),
        Ok(Claim::InProgress) => Some(AttemptOutcome::ClaimedElsewhere),
        Err(error) => {
            report_inbox_error(task, &error, "failed to claim the event at the inbox");
            Some(AttemptOutcome::ClaimedElsewhere)
        }
    }
}

/// Completes the claim of a handler that succeeded.
pub(crate) async fn complete_claim(task: &SubscriptionTask, event: &Event) {
    if let Some(inbox) = &task.config.inbox {
        close_claim(task, inbox.complete(inbox_key(task, event)).await);
    }
}

/// Releases the claim of a handler that did not succeed.
pub(crate) async fn release_claim(task: &SubscriptionTask, event: &Event) {
    if let Some(inbox) = &task.config.inbox {
        close_claim(task, inbox.release(inbox_key(task, event)).await);
    }
}

fn close_claim(task: &SubscriptionTask, closed: Result<(), BoxError>) {
    // The claim ends with its lease, and the event is settled all the same.
    if let Err(error) = closed {
        report_inbox_error(task, &error, "failed to close a claim at the inbox");
    }
}

fn report_inbox_error(task: &SubscriptionTask, error: &BoxError, message: &str) {
    task.status.set_last_error(&**error);
    tracing::warn!(error = &**error, "{message}");
}

fn inbox_key<'a>(task: &'a SubscriptionTask, event: &'a Event) -> InboxKey<'a> {
    InboxKey::new(event.source(), event.id(), task.shared.handler.durable())
}

/// Runs the handler within its layers and its timeout, and publishes its outgoing events.
pub(crate) async fn run(
    task: &SubscriptionTask,
    event: &Event,
    policy: &ResolvedPolicy,
    number: u32,
    metadata: MessageMetadata,
) -> AttemptOutcome {
    let handler = &task.shared.handler;
    let outgoing = handler.outgoing(event);
    let layers = &task.config.layers;
    let outcome = if layers.is_bare() {
        let running = pin!(handler.run(event, &outgoing));
        within_timeout(task, policy.timeout, running).await
    } else {
        let attempt = Attempt {
            event: event.clone(),
            number,
            metadata,
            outgoing: outgoing.clone(),
            handler: Arc::clone(handler),
        };
        // Boxed, since layers are rare, and every message would have the room for them.
        let running = Box::pin(layers.attempt(attempt));
        within_timeout(task, policy.timeout, pin!(running)).await
    };
    let events = outgoing.close();
    if let Err(failure) = outcome {
        return AttemptOutcome::Failed(failure);
    }
    match publish(task, &events).await {
        Ok(()) => AttemptOutcome::Completed,
        Err(error) => AttemptOutcome::Failed(Failure::error(error)),
    }
}

/// Stops an attempt at its timeout, or reports it if the handler is sync and cannot be stopped.
async fn within_timeout<F>(
    task: &SubscriptionTask,
    limit: Duration,
    mut attempt: Pin<&mut F>,
) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    if let Ok(outcome) = timeout(limit, attempt.as_mut()).await {
        return outcome;
    }
    if task.shared.handler.handler().is_async() {
        return Err(Failure::Timeout(limit));
    }
    let _overdue = CountGuard::new(&task.status.overdue);
    tracing::warn!(timeout = ?limit, "a sync handler runs past its timeout");
    attempt.await
}

async fn publish(task: &SubscriptionTask, events: &[Event]) -> Result<(), TransportError> {
    for event in events {
        let publishing = task.publisher.publish_event(event);
        let published = timeout(PUBLISH_TIMEOUT, publishing).await;
        published.unwrap_or_else(|_| {
            let message = format!("an outgoing event was not stored within {PUBLISH_TIMEOUT:?}");
            Err(TransportError::unavailable(message))
        })?;
    }
    Ok(())
}
