//! How a handler is called.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use stackfuture::StackFuture;

use super::delivery::Delivery;
use super::failure::Failure;
use super::handler::Handler;

/// What a handler comes to: done, or why not. In a box, since it goes through a register so.
pub type Outcome = Result<(), Box<Failure>>;

/// The future of an async handler: in place where it is small, in a box where it is not.
pub type OutcomeFuture<'a> = StackFuture<'a, Outcome, IN_PLACE>;

/// The bytes that a future of a handler may have before it goes into a box.
const IN_PLACE: usize = 256;

/// A function that runs to its end.
pub(crate) type SyncCall = fn(&Delivery<'_>) -> Outcome;

/// A function that returns a future.
pub(crate) type AsyncCall = for<'a> fn(&'a Delivery<'a>) -> OutcomeFuture<'a>;

/// A `fn(&E) -> Outcome`, where `E` is the event of the handler.
pub(crate) type PlainFunction = &'static (dyn Any + Sync);

/// How a handler is called.
pub enum Call {
    /// A function that borrows the event, takes nothing else and runs to its end: a
    /// `fn(&E) -> Outcome`.
    Plain(PlainFunction),
    /// A function that runs to its end.
    Sync(SyncCall),
    /// A function that returns a future.
    Async(AsyncCall),
    /// A closure that runs to its end.
    SyncShared(Arc<dyn Fn(&Delivery<'_>) -> Outcome + Send + Sync>),
    /// A closure that returns a future.
    AsyncShared(Arc<dyn for<'a> Fn(&'a Delivery<'a>) -> OutcomeFuture<'a> + Send + Sync>),
}

impl Call {
    pub(super) fn is_async(&self) -> bool {
        matches!(self, Self::Async(_) | Self::AsyncShared(_))
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_async() { "Async" } else { "Sync" })
    }
}

impl Handler {
    /// Calls a sync handler.
    #[inline]
    pub(super) fn call(&self, delivery: &Delivery<'_>) -> Outcome {
        match &self.call {
            Call::Plain(function) => (self.plain.call)(*function, delivery),
            Call::Sync(call) => call(delivery),
            Call::SyncShared(call) => call(delivery),
            // Where this is called, async handlers have been refused or led elsewhere.
            Call::Async(_) | Call::AsyncShared(_) => Ok(()),
        }
    }

    /// Runs a sync handler, to its end or to its panic.
    #[inline]
    pub(super) fn run(&self, delivery: &Delivery<'_>) -> std::thread::Result<Outcome> {
        // The delivery is not looked at again after a panic.
        catch_unwind(AssertUnwindSafe(|| self.call(delivery)))
    }

    /// Runs a handler, sync or async, to its end or to its panic.
    #[inline]
    pub(super) async fn run_async<'a>(
        &'a self,
        delivery: &'a Delivery<'a>,
    ) -> std::thread::Result<Outcome> {
        // Each future is made where it stays: it is larger than what else there is to copy.
        match &self.call {
            Call::Async(call) => finished(pin!(call(delivery))).await,
            Call::AsyncShared(call) => finished(pin!(call(delivery))).await,
            Call::Plain(_) | Call::Sync(_) | Call::SyncShared(_) => self.run(delivery),
        }
    }
}

/// Runs a future to its end, or to its panic.
pub fn finished<F: Future>(
    mut future: Pin<&mut F>,
) -> impl Future<Output = std::thread::Result<F::Output>> {
    poll_fn(move |context| {
        // After a panic the future is dropped and not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
}
