//! Suspects: messages that were being handled when a process died or was cut off. One of them may
//! have caused the death of the process.
//!
//! Suspects are narrowed down by the number of their unfinished runs: at first several run at once,
//! then fewer, then one alone. A suspect whose run finishes is cleared. Only a suspect whose
//! process dies again and again while it runs alone is convicted; messages that were merely handled
//! at the same time never are.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use eventkit::transport::backoff::FAR_FUTURE;

/// The maximum number of suspects that run at once.
const MAX_SUSPECTS: u32 = 8;

/// The number of runs after which a suspect runs alone: each run before that halves the number of
/// suspects that run at once.
const SHARED_RUNS: u32 = MAX_SUSPECTS.trailing_zeros();

/// The maximum number of unfinished runs alone.
const MAX_LONE_RUNS: u32 = 3;

/// The pause after a suspect failed to run alone in time, as a multiple of its wait. During the
/// pause no suspect waits to run alone, since no handler of the service starts while one waits.
const LONE_PAUSE: u32 = 9;

/// The suspects of a service, and the permits of all its handlers.
#[derive(Debug)]
pub(crate) struct Suspects {
    /// The permits of suspects. The more unfinished runs a suspect has, the more permits it needs.
    room: Semaphore,
    /// The permits of each handler, and their total number.
    handlers: Vec<(Arc<Semaphore>, u32)>,
    /// The end of the pause in which no suspect may wait to run alone.
    lone_at: Mutex<Option<Instant>>,
}

/// The admission of a suspect; dropping it admits others.
#[derive(Debug)]
pub(crate) struct Admission<'s> {
    suspects: &'s Suspects,
    _room: SemaphorePermit<'s>,
    must_be_alone: bool,
    /// All other permits of the service, for a suspect that runs alone.
    others: Vec<SemaphorePermit<'s>>,
}

/// Returns the number of unfinished runs alone, if there were too many.
pub(crate) fn convicting_runs(suspect_runs: u32) -> Option<u32> {
    let alone = suspect_runs.saturating_sub(SHARED_RUNS);
    (alone > MAX_LONE_RUNS).then_some(alone)
}

impl Suspects {
    pub(crate) fn new(handlers: Vec<(Arc<Semaphore>, u32)>) -> Self {
        Self {
            room: Semaphore::new(MAX_SUSPECTS as usize),
            handlers,
            lone_at: Mutex::default(),
        }
    }

    /// Returns how long a suspect with this many unfinished runs has to pause before it may wait to
    /// run alone.
    pub(crate) fn pause(&self, suspect_runs: u32) -> Option<Duration> {
        let lone_at = self.lone_at().filter(|_| suspect_runs >= SHARED_RUNS)?;
        let pause = lone_at.saturating_duration_since(Instant::now());
        (!pause.is_zero()).then_some(pause)
    }

    fn lone_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.lone_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a suspect with this many unfinished runs may run.
    ///
    /// The permit of the handler is acquired after this one, never before: otherwise a suspect that
    /// waits here could hold the permit that an admitted suspect waits for.
    pub(crate) async fn admit(&self, suspect_runs: u32) -> Option<Admission<'_>> {
        let share = 1 << suspect_runs.min(SHARED_RUNS);
        Some(Admission {
            suspects: self,
            _room: self.room.acquire_many(share).await.ok()?,
            must_be_alone: suspect_runs >= SHARED_RUNS,
            others: Vec::new(),
        })
    }
}

impl<'s> Admission<'s> {
    /// Records that a suspect failed to run alone after waiting for this long.
    pub(crate) fn give_up(&self, waited: Duration) {
        if self.must_be_alone {
            let pause = waited.saturating_mul(LONE_PAUSE).min(FAR_FUTURE);
            *self.suspects.lone_at() = Some(Instant::now() + pause);
        }
    }

    /// Waits until no other handler of the service runs, if the suspect must run alone. It
    /// already has a permit of its own handler.
    pub(crate) async fn wait_until_alone(&mut self, own: &Arc<Semaphore>) {
        if !self.must_be_alone {
            return;
        }
        // Only one suspect at a time gets here, since it holds all permits of suspects.
        let suspects: &'s Suspects = self.suspects;
        for (permits, count) in &suspects.handlers {
            let others = count - u32::from(Arc::ptr_eq(permits, own));
            // The semaphores of a service are never closed, so this does not fail.
            self.others.extend(permits.acquire_many(others).await);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll_once<F: Future>(future: F) -> Option<F::Output> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    /// Returns how many suspects with this many unfinished runs are admitted at once.
    fn admitted(suspect_runs: u32) -> usize {
        let suspects = Suspects::new(Vec::new());
        let admissions: Vec<_> =
            std::iter::from_fn(|| poll_once(suspects.admit(suspect_runs))).collect();
        admissions.len()
    }

    #[test]
    fn fewer_suspects_run_at_once_the_longer_it_takes() {
        assert_eq!([0, 1, 2, 3, 4, 99].map(admitted), [8, 4, 2, 1, 1, 1]);
    }

    #[test]
    fn a_suspect_that_must_run_alone_waits_for_all_runs_of_all_handlers() {
        let (own, other) = (Arc::new(Semaphore::new(2)), Arc::new(Semaphore::new(3)));
        let handlers = vec![(Arc::clone(&own), 2), (Arc::clone(&other), 3)];
        let suspects = Suspects::new(handlers);
        let _own_permit = own.try_acquire().unwrap();
        let mut admission = poll_once(suspects.admit(3)).flatten().unwrap();

        let running = other.try_acquire().unwrap();
        assert!(poll_once(admission.wait_until_alone(&own)).is_none());
        drop(running);
        admission.others.clear();
        assert!(poll_once(admission.wait_until_alone(&own)).is_some());
        assert!(own.try_acquire().is_err() && other.try_acquire().is_err());
        drop(admission);
        assert_eq!((own.available_permits(), other.available_permits()), (1, 3));
    }

    #[test]
    fn only_runs_alone_convict() {
        assert_eq!([0, 3, 6].map(convicting_runs), [None; 3]);
        assert_eq!([7, 8].map(convicting_runs), [Some(4), Some(5)]);
    }
}
