//! Code that runs within a measurement, but is not counted.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::allocations;

thread_local! {
    static IS_MEASURING: Cell<bool> = const { Cell::new(false) };
}

/// The name of [`run`] for callgrind, which counts nothing within it. Of several names with the
/// same prefix, callgrind only uses the last one.
pub(crate) const NAME: &str = "*excluded::run";

/// Runs the measured code.
pub(crate) fn measuring(work: impl FnOnce()) {
    IS_MEASURING.set(true);
    work();
    IS_MEASURING.set(false);
}

/// Runs code that is excluded. Outside of a measurement, callgrind would count only this code.
#[inline(never)]
fn run(work: &mut dyn FnMut()) {
    work();
}

/// A task whose instructions and allocations are not counted.
pub(crate) struct Excluded(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Excluded {
    pub(crate) fn new(task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Box::pin(task))
    }
}

impl Future for Excluded {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut poll = Poll::Pending;
        let mut work = || poll = self.0.as_mut().poll(context);
        if IS_MEASURING.get() {
            allocations::uncounted(|| run(&mut work));
        } else {
            work();
        }
        poll
    }
}

impl fmt::Debug for Excluded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Excluded").finish_non_exhaustive()
    }
}
