//! Attempts that run their handler in a unit of work.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::claim::{ANSWER_TIMEOUT, RELEASE_TIMEOUT};
use super::delivery::{AttemptOutcome, Delivery};
use super::error::within;
use super::health::Store;
use super::store::StoreAttempts;
use super::suspects::Admission;
use eventkit::event::Event;
use eventkit::transport::backoff;
use eventkit::unit_of_work::{Begun, CommitError, UnitOfWork, UnitOfWorkStore};
use eventkit::{BoxError, Failure};

const NO_ANSWER: &str = "the store of the unit of work did not respond";

/// The maximum number of times that an attempt runs the handler because of conflicts. A handler
/// that always conflicts has a bug, such as waiting for a lock of its own transaction.
const MAX_CONFLICTS: u32 = 16;

const INITIAL_CONFLICT_BACKOFF: Duration = Duration::from_millis(2);
const MAX_CONFLICT_BACKOFF: Duration = Duration::from_secs(1);

impl Delivery<'_> {
    /// Makes one attempt in a unit of work: claims the event, runs the handler, stores the outgoing
    /// events, and commits. After a conflict, it starts over.
    pub(crate) async fn attempt_in_unit_of_work(
        &self,
        store: &dyn UnitOfWorkStore,
        number: u32,
        suspect: Option<Box<Admission<'_>>>,
    ) -> AttemptOutcome {
        let mut suspect = match suspect {
            Some(admission) => match self.begin_suspect_run(admission).await {
                Ok(admission) => Some(admission),
                Err(outcome) => return outcome,
            },
            None => None,
        };
        let mut failures = StoreAttempts::new(&self.task.status, Store::Inbox);
        let mut conflicts = 0;
        loop {
            let begun = store.begin(&self.event, self.task.shared.handler.identity());
            let outcome = match within(ANSWER_TIMEOUT, NO_ANSWER, begun).await {
                Ok(Begun::Unit(unit)) => self.run_in(unit, store, number, suspect.take()).await,
                Ok(Begun::Completed) => return AttemptOutcome::AlreadyCompleted,
                Ok(_) => return AttemptOutcome::ClaimedElsewhere,
                Err(error) => Err(NotCommitted::Store(error)),
            };
            let waited = match outcome {
                Ok(outcome) => return outcome,
                Err(NotCommitted::Store(error)) => {
                    let waiting = Box::pin(failures.wait_after(error));
                    self.task.unless_draining(waiting).await
                }
                Err(NotCommitted::Conflict(failure)) => {
                    conflicts += 1;
                    if conflicts == MAX_CONFLICTS {
                        return AttemptOutcome::Failed(failure);
                    }
                    let delay =
                        backoff::delay(INITIAL_CONFLICT_BACKOFF, MAX_CONFLICT_BACKOFF, conflicts);
                    self.task.unless_draining(sleep(delay)).await
                }
            };
            if waited.is_none() {
                return AttemptOutcome::ClaimedElsewhere;
            }
        }
    }

    /// Runs the handler in a unit of work, which is committed if it succeeds and rolled back if it fails.
    async fn run_in(
        &self,
        unit: Arc<dyn UnitOfWork>,
        store: &dyn UnitOfWorkStore,
        number: u32,
        suspect: Option<Box<Admission<'_>>>,
    ) -> Result<AttemptOutcome, NotCommitted> {
        let handled = self.run(number, suspect, Some(&unit)).await;
        let handled = handled.and_then(|events| self.checked(events));
        let events = match handled {
            Ok(events) => events,
            Err(failure) => {
                // A dropped transaction is rolled back too, so the time limit is short.
                let rolled_back = within(RELEASE_TIMEOUT, NO_ANSWER, unit.roll_back()).await;
                return failed(failure, rolled_back.is_ok(), store);
            }
        };
        match timeout(ANSWER_TIMEOUT, unit.commit(&events)).await {
            Ok(Ok(())) => Ok(AttemptOutcome::Completed),
            Ok(Err(CommitError::Conflict(error))) => {
                Err(NotCommitted::Conflict(Failure::UnitOfWork(error)))
            }
            Ok(Err(CommitError::Refused(error))) => {
                Ok(AttemptOutcome::Failed(Failure::UnitOfWork(error)))
            }
            // It is unknown whether it was committed: the next unit of work determines this.
            Ok(Err(error)) => Err(NotCommitted::Store(error.into())),
            Err(_) => Err(NotCommitted::Store(NO_ANSWER.into())),
        }
    }

    fn checked(&self, events: Vec<Event>) -> Result<Vec<Event>, Failure> {
        let mut each = events.iter();
        each.try_for_each(|event| self.check_not_cause(event))
            .map_err(Failure::error)?;
        Ok(events)
    }
}

/// Classifies the failure of a handler: a conflict, a lost store, or the handler itself.
fn failed(
    failure: Failure,
    is_rolled_back: bool,
    store: &dyn UnitOfWorkStore,
) -> Result<AttemptOutcome, NotCommitted> {
    let Some(error) = failure.store_error() else {
        return Ok(AttemptOutcome::Failed(failure));
    };
    if store.is_conflict(error) {
        return Err(NotCommitted::Conflict(failure));
    }
    // If it cannot be rolled back, the handler has used this store, and not only another one.
    let is_lost = !is_rolled_back && store.is_unavailable(error);
    if is_lost || store.is_full(error) {
        return Err(NotCommitted::Store(failure.into()));
    }
    Ok(AttemptOutcome::Failed(failure))
}

/// The reason why a unit of work was not committed, other than a failure of its handler.
enum NotCommitted {
    /// The transaction conflicted with another one.
    Conflict(Failure),
    /// The store failed.
    Store(BoxError),
}
