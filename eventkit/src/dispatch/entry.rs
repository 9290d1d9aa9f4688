//! A handler together with the function that runs it, and the outcomes of its calls.

use std::cmp::Ordering;
use std::fmt;
use std::future::poll_fn;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use super::decision::HandlerError;
use super::failure::Failure;
use super::handler::{Handler, HandlerMetadata};
use super::invocation::Invocation;
use crate::error::BoxError;
use crate::filter::Filter;

/// The outcome of one call of a handler. The failure is boxed to keep the success small.
pub type Outcome = Result<(), Box<Failure>>;

/// The future of an async handler.
pub type OutcomeFuture<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// The function that runs a handler.
pub enum Call {
    /// A function that runs to its end.
    Sync(fn(&Invocation<'_>) -> Outcome),
    /// A function that returns a future.
    Async(for<'a> fn(&'a Invocation<'a>) -> OutcomeFuture<'a>),
    /// A closure that runs to its end.
    SyncClosure(Box<dyn Fn(&Invocation<'_>) -> Outcome + Send + Sync>),
    /// A closure that returns a future.
    AsyncClosure(Box<dyn for<'a> Fn(&'a Invocation<'a>) -> OutcomeFuture<'a> + Send + Sync>),
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sync(_) | Self::SyncClosure(_) => "Sync",
            Self::Async(_) | Self::AsyncClosure(_) => "Async",
        })
    }
}

/// An entry of a registry: a handler and the function that runs it.
///
/// `#[handles]` makes one beside the function. It can be added to any registry with
/// [`Registry::add`](super::Registry::add) and the macro [`handlers!`](crate::handlers).
#[derive(Debug)]
pub struct HandlerEntry {
    handler: Handler,
    call: Call,
}

impl HandlerEntry {
    /// Returns the entry of a handler.
    #[must_use]
    pub const fn new(metadata: HandlerMetadata, call: Call) -> Self {
        Self::registered(&metadata, call, None, None)
    }

    pub(super) const fn registered(
        metadata: &HandlerMetadata,
        call: Call,
        pattern: Option<String>,
        filter: Option<Filter>,
    ) -> Self {
        let handler = Handler {
            metadata: *metadata,
            is_async: matches!(call, Call::Async(_) | Call::AsyncClosure(_)),
            pattern,
            filter,
        };
        Self { handler, call }
    }

    /// Calls a sync handler.
    #[inline]
    pub(super) fn call(&self, invocation: &Invocation<'_>) -> Outcome {
        match &self.call {
            Call::Sync(call) => call(invocation),
            Call::SyncClosure(call) => call(invocation),
            // A sync dispatch refuses async handlers before the first one runs.
            Call::Async(_) | Call::AsyncClosure(_) => Ok(()),
        }
    }

    /// Runs a sync handler to its end or its panic.
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> std::thread::Result<Outcome> {
        // The invocation is not used again after a panic.
        catch_unwind(AssertUnwindSafe(|| self.call(invocation)))
    }

    /// Runs a handler, sync or async, to its end or its panic.
    pub(super) async fn run_async<'a>(
        &'a self,
        invocation: &'a Invocation<'a>,
    ) -> std::thread::Result<Outcome> {
        let future = match &self.call {
            Call::Async(call) => catch_unwind(AssertUnwindSafe(|| call(invocation))),
            Call::AsyncClosure(call) => catch_unwind(AssertUnwindSafe(|| call(invocation))),
            Call::Sync(_) | Call::SyncClosure(_) => return self.run(invocation),
        };
        catch_panic(future?.as_mut()).await
    }
}

impl Deref for HandlerEntry {
    type Target = Handler;

    fn deref(&self) -> &Handler {
        &self.handler
    }
}

/// Runs a future to its end or its panic.
pub fn catch_panic<F: Future + ?Sized>(
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

/// A handler of a registry, which it may outlive.
#[derive(Debug, Clone)]
pub struct HandlerRef(Source);

#[derive(Debug, Clone)]
enum Source {
    /// A static beside a function.
    Static(&'static HandlerEntry),
    /// A closure that was registered at run time.
    Registered(Arc<HandlerEntry>),
}

impl Deref for HandlerRef {
    type Target = Handler;

    fn deref(&self) -> &Handler {
        self.entry()
    }
}

impl HandlerRef {
    pub(super) fn of_static(entry: &'static HandlerEntry) -> Self {
        Self(Source::Static(entry))
    }

    pub(super) fn registered(entry: HandlerEntry) -> Self {
        Self(Source::Registered(Arc::new(entry)))
    }

    #[inline]
    pub(super) fn entry(&self) -> &HandlerEntry {
        match &self.0 {
            Source::Static(entry) => entry,
            Source::Registered(entry) => entry,
        }
    }

    /// Returns whether it was registered at run time, so that its path does not identify it.
    pub(super) fn is_registered(&self) -> bool {
        matches!(self.0, Source::Registered(_))
    }

    /// Compares by order, then functions before closures, then by module path, line, column and
    /// name: one `macro_rules!` may write several handlers at one place. Closures are equal, and a
    /// stable sort keeps their order.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let place = |handler: &Self| {
            if handler.is_registered() {
                return (true, "", 0, 0, "");
            }
            let location = handler.location();
            let (module, name) = (handler.module(), handler.name());
            (false, module, location.line, location.column, name)
        };
        let by_order = self.order().cmp(&other.order());
        by_order.then_with(|| place(self).cmp(&place(other)))
    }

    /// Returns the address of the handler, which identifies it.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self.entry()).addr()
    }
}

/// A return type of handlers: `()` or `Result<(), E>`.
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    label = "not `()` and not `Result<(), E>`",
    note = "return `()`, or `Result<(), E>` with an error `E` that converts into `Box<dyn std::error::Error + Send + Sync>`",
    note = "a handler that waits is an `async fn`"
)]
pub trait IntoOutcome {
    /// Converts the returned value into an outcome.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler returned one.
    fn into_outcome(self) -> Result<(), Failure>;
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<E: IntoFailure> IntoOutcome for Result<(), E> {
    fn into_outcome(self) -> Result<(), Failure> {
        self.map_err(E::into_failure)
    }
}

/// An error that handlers return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a handler",
    label = "not an error that a handler can return",
    note = "implement `std::error::Error` for it, as `#[derive(thiserror::Error)]` does, and make it `Send + Sync + 'static`",
    note = "or return `String`, or `Box<dyn std::error::Error + Send + Sync>`"
)]
pub trait IntoFailure {
    /// Converts the error into a failure.
    fn into_failure(self) -> Failure;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> IntoFailure for E {
    fn into_failure(self) -> Failure {
        match self.into().downcast::<Failure>() {
            Ok(failure) => *failure,
            Err(error) => Failure::error(error),
        }
    }
}

/// The returned value of a handler, for autoref specialization.
///
/// The generated code calls `__eventkit_outcome`: the compiler takes the inherent method if the error
/// is a [`HandlerError`], and the one of [`AutorefOutcome`] otherwise. The name is reserved, so that
/// no trait of the user's is in the way.
#[derive(Debug)]
pub struct Returned<R>(pub R);

impl<E: HandlerError> Returned<Result<(), E>> {
    /// Converts the result into an outcome that keeps the decision of the error.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler returned one.
    pub fn __eventkit_outcome(self) -> Outcome {
        self.0.map_err(|error| Box::new(Failure::from(error)))
    }
}

/// The fallback for returned values without a decision.
pub trait AutorefOutcome<R> {
    /// Converts the returned value into an outcome.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler returned one.
    fn __eventkit_outcome(self) -> Outcome
    where
        R: IntoOutcome;
}

impl<R> AutorefOutcome<R> for Returned<R> {
    fn __eventkit_outcome(self) -> Outcome
    where
        R: IntoOutcome,
    {
        self.0.into_outcome().map_err(Box::new)
    }
}
