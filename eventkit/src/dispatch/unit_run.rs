//! Runs a handler in a unit of work, for a dispatch outside a service.

use super::collection::LazyOutgoing;
use super::decoded::{DecodedEvent, missing_envelope};
use super::entry::{HandlerEntry, Outcome};
use super::failure::Failure;
use super::invocation::Invocation;
use super::state::StateMap;
use super::unit_of_work::{Begun, CommitError, UnitOfWork, UnitOfWorkStore};

/// The maximum number of units of work that a dispatch begins because of conflicts.
const MAX_CONFLICTS: usize = 16;

/// Runs a handler in a unit of work.
pub(super) async fn run(
    store: &dyn UnitOfWorkStore,
    entry: &HandlerEntry,
    event: &DecodedEvent<'_>,
    states: &StateMap,
    outgoing: &LazyOutgoing,
) -> std::thread::Result<Outcome> {
    let Some(envelope) = event.envelope() else {
        return Ok(Err(Box::new(missing_envelope())));
    };
    let mut conflicts = 0;
    loop {
        let unit = match store.begin(envelope, entry.name()).await {
            Ok(Begun::Unit(unit)) => unit,
            Ok(Begun::Completed) => return Ok(Ok(())),
            Ok(Begun::InProgress) => return Ok(Err(Box::new(Failure::InProgress))),
            Err(error) => return Ok(Err(Box::new(Failure::UnitOfWork(error)))),
        };
        let invocation = Invocation::new(event, entry, states, outgoing).within(&*unit);
        let (failure, is_conflict) = match entry.run_async(&invocation).await {
            Ok(Ok(())) => match unit.commit(&outgoing.events()).await {
                Ok(()) => {
                    outgoing.truncate(0);
                    return Ok(Ok(()));
                }
                Err(CommitError::Conflict(error)) => (Box::new(Failure::UnitOfWork(error)), true),
                Err(CommitError::Refused(error) | CommitError::Unavailable(error)) => {
                    (Box::new(Failure::UnitOfWork(error)), false)
                }
            },
            Ok(Err(failure)) => {
                roll_back(&*unit).await;
                let error = failure.store_error();
                let is_conflict = error.is_some_and(|error| store.is_conflict(error));
                (failure, is_conflict)
            }
            Err(panic) => {
                roll_back(&*unit).await;
                return Err(panic);
            }
        };
        conflicts += 1;
        if conflicts == MAX_CONFLICTS || !is_conflict {
            return Ok(Err(failure));
        }
        outgoing.truncate(0);
    }
}

async fn roll_back(unit: &dyn UnitOfWork) {
    // The failure of the handler takes precedence.
    let _ = unit.roll_back().await;
}
