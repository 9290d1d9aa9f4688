//! The keeper: a task that maintains a subscription while its consumer is open.

use std::sync::{Arc, Weak};
use std::time::Duration;

use eventkit::transport::{SelectionRole, Selections, TransportError, with_causes};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tracing::{debug, info};

use super::consumer_state::ConsumerState;
use super::deliveries::Deliveries;
use super::entry::{Entry, Opening, SubscriptionState};
#[cfg(feature = "management")]
use super::operators;

/// The minimum and maximum interval between checks of the messages in flight.
const MIN_TICK: Duration = Duration::from_millis(50);
const MAX_TICK: Duration = Duration::from_secs(5);

/// The interval between checks of the queue and the state.
const INTERVAL: Duration = Duration::from_secs(10);

/// A running keeper task, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Keeper(JoinHandle<()>);

impl Keeper {
    /// Starts the tasks: one returns messages whose `ack_wait` has passed, and continues after the consumer is
    /// closed until all messages are settled; the other one checks the queue and renews the selection.
    pub(super) fn start(state: &Arc<ConsumerState>) -> Self {
        tokio::spawn(return_expired(Arc::downgrade(&state.deliveries)));
        Self(tokio::spawn(keep(Arc::downgrade(state))))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn return_expired(deliveries: Weak<Deliveries>) {
    while let Some(deliveries) = deliveries.upgrade() {
        deliveries.return_expired();
        let tick = deliveries.subscription.ack_wait / 4;
        drop(deliveries);
        sleep(tick.clamp(MIN_TICK, MAX_TICK)).await;
    }
}

async fn keep(state: Weak<ConsumerState>) {
    let mut was_superseded = false;
    let mut renewed = Instant::now();
    #[cfg(feature = "management")]
    let mut checked = Instant::now();
    while let Some(state) = state.upgrade() {
        let role = role(&state);
        let is_superseded = role == Some(SelectionRole::Superseded);
        if is_superseded && !was_superseded {
            info!(
                subscription = %state.deliveries.subscription.name,
                "superseded: a later deployment selects other events, and this process returns those \
                 that only the later one selects"
            );
        }
        was_superseded = is_superseded;
        let failure = check(&state, role, &mut renewed).await.err();
        note_failure(&state, failure);
        #[cfg(feature = "management")]
        if checked.elapsed() >= operators::INTERVAL {
            operators::check_running(&state).await;
            checked = Instant::now();
        }
        drop(state);
        sleep(INTERVAL).await;
    }
}

/// Lets the status say that the queue cannot be checked, and omit a lag that is out of date.
fn note_failure(state: &ConsumerState, error: Option<TransportError>) {
    let deliveries = &state.deliveries;
    let failure = error.map(|error| {
        let error = with_causes(&error);
        debug!(subscription = %deliveries.subscription.name, error, "failed to check the queue of a subscription");
        format!("the queue `{}` cannot be checked: {error}", deliveries.queue)
    });
    state.shared.with_status(&deliveries.queue, |known| {
        if failure.is_some() {
            known.lag = None;
        }
        known.failure = failure;
    });
}

fn role(state: &ConsumerState) -> Option<SelectionRole> {
    state.shared.log.with_state(|all| {
        let own = all.find(&state.deliveries.subscription.name)?;
        Some(own.selections.role_of(&state.digest))
    })
}

/// Checks the queue and the state once, and repairs them if necessary.
async fn check(
    state: &ConsumerState,
    role: Option<SelectionRole>,
    renewed: &mut Instant,
) -> Result<(), TransportError> {
    let shared = &state.shared;
    let queue = &state.deliveries.queue;
    let counts = shared.administrator().counts(queue).await;
    if let Ok(counts) = counts {
        shared.with_status(queue, |known| {
            known.lag = counts.map(|counts| counts.ready);
        });
    }
    match role {
        Some(SelectionRole::Latest) if renewed.elapsed() >= Selections::RENEWAL_INTERVAL => {
            renew(state).await?;
            *renewed = Instant::now();
        }
        Some(SelectionRole::Superseded) => take_over(state).await?,
        Some(SelectionRole::Unknown) => {
            let name = &state.deliveries.subscription.name;
            let reason = "its selection is no longer recorded";
            let lost = format!("the consumer `{name}` is lost: {reason}");
            state.deliveries.fail(TransportError::unavailable(lost));
        }
        Some(SelectionRole::Latest) | None => {}
    }
    counts.map(drop)
}

/// Writes that a process with the latest selection is running, and restores what operators have deleted.
async fn renew(state: &ConsumerState) -> Result<(), TransportError> {
    let shared = &state.shared;
    let log = &shared.log;
    let name = &state.deliveries.subscription.name;
    let has_old_bindings = log.with_state(|all| {
        let own = all.find(name);
        own.is_some_and(|own| !own.old_bindings.is_empty())
    });
    // Otherwise, a process whose connection of declarations is refused would seem to have ended.
    if has_old_bindings {
        shared.remove_old_bindings(name, &state.digest).await?;
    }
    let entry = Entry::Renew {
        queue: state.deliveries.queue.to_string(),
        digest: state.digest.clone(),
    };
    log.note(entry).await?;
    for old in log.take_old() {
        log.note(Entry::State(old)).await?;
    }
    let administrator = shared.administrator();
    administrator.declare_shared().await?;
    let bindings = log.with_state(|all| all.find(name).map(SubscriptionState::all_bindings));
    let bindings = bindings.unwrap_or_default();
    administrator
        .bind_all(&state.deliveries.queue, &bindings)
        .await
}

/// Makes the selection of this process the latest, if no process with a later one is left.
async fn take_over(state: &ConsumerState) -> Result<(), TransportError> {
    let name = &state.deliveries.subscription.name;
    let log = &state.shared.log;
    let found = log.with_state(|all| {
        let own = all.find(name)?;
        let unchanged = all.renewed(name)?.elapsed();
        let timeout = own.selections.takeover_timeout(&state.digest);
        (unchanged >= timeout).then(|| own.clone())
    });
    let Some(before) = found else {
        return Ok(());
    };
    info!(
        subscription = %name,
        "no process with a later selection is left; making this selection the latest again"
    );
    let queue = state.deliveries.queue.to_string();
    let opening = Opening::new(&state.deliveries.subscription, queue, Some(&before))?;
    let administrator = state.shared.administrator();
    administrator
        .bind_all(&state.deliveries.queue, &opening.bindings)
        .await?;
    let entry = Entry::TakeOver {
        opening,
        generation: before.selections.generation(),
    };
    log.append(entry).await?;
    state.shared.remove_old_bindings(name, &state.digest).await
}
