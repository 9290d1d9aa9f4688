//! A handler together with the function that runs it.

use std::cmp::Ordering;
use std::fmt;
use std::future::poll_fn;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use super::failure::Failure;
use super::handler::{Handler, HandlerMetadata, TypedEvent};
use super::invocation::Invocation;
use crate::filter::Filter;

/// The outcome of a call of a handler. The failure is boxed to keep the success small.
pub type Outcome = Result<(), Box<Failure>>;

/// The future of an async handler.
pub type OutcomeFuture<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// The function that runs a handler.
pub enum Call {
    /// A sync function.
    Sync(fn(&Invocation<'_>) -> Outcome),
    /// An async function.
    Async(for<'a> fn(&'a Invocation<'a>) -> OutcomeFuture<'a>),
    /// A sync closure.
    SyncClosure(Box<dyn Fn(&Invocation<'_>) -> Outcome + Send + Sync>),
    /// An async closure.
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
/// `#[handles]` generates one next to the function. Add it to a registry with
/// [`Registry::add`](super::Registry::add) and the macro [`handlers!`](crate::handlers).
#[derive(Debug)]
pub struct HandlerEntry {
    handler: Handler,
    call: Call,
}

impl HandlerEntry {
    /// Creates the entry of a handler from the functions that `#[handles]` generated.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        mut metadata: HandlerMetadata,
        typed: Option<TypedEvent>,
        returns: &'static [&'static str],
        call: Call,
    ) -> Self {
        metadata.typed = typed;
        metadata.returns = returns;
        Self::registered(&metadata, call, None, None, Vec::new())
    }

    pub(super) const fn registered(
        metadata: &HandlerMetadata,
        call: Call,
        pattern: Option<String>,
        filter: Option<Filter>,
        emits: Vec<&'static [&'static str]>,
    ) -> Self {
        let handler = Handler {
            metadata: *metadata,
            is_async: matches!(call, Call::Async(_) | Call::AsyncClosure(_)),
            pattern,
            filter,
            emits,
        };
        Self { handler, call }
    }

    /// Calls a sync handler.
    #[inline]
    pub(super) fn call(&self, invocation: &Invocation<'_>) -> Outcome {
        match &self.call {
            Call::Sync(call) => call(invocation),
            Call::SyncClosure(call) => call(invocation),
            // A sync dispatch returns an error for async handlers before the first handler runs.
            Call::Async(_) | Call::AsyncClosure(_) => Ok(()),
        }
    }

    /// Runs a sync handler until it returns or panics.
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> std::thread::Result<Outcome> {
        // The invocation is not used after a panic.
        catch_unwind(AssertUnwindSafe(|| self.call(invocation)))
    }

    /// Runs a sync or async handler until it returns or panics.
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

/// Polls a future until it completes or panics.
pub fn catch_panic<F: Future + ?Sized>(
    mut future: Pin<&mut F>,
) -> impl Future<Output = std::thread::Result<F::Output>> {
    poll_fn(move |context| {
        // After a panic, the future is dropped without another poll.
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
}

/// A reference to a handler, which may outlive its registry.
///
/// ```
/// use eventkit::{Event, Registry};
///
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.with_name("audit").register("co.outcome.*", |_: &Event| {});
///
/// let names: Vec<_> = SHOP.handlers().map(|handler| handler.durable_name()).collect();
/// assert_eq!(names, [Some("audit")]);
/// ```
#[derive(Debug, Clone)]
pub struct HandlerRef(Source);

#[derive(Debug, Clone)]
enum Source {
    /// The static that `#[handles]` generates.
    Static(&'static HandlerEntry),
    /// The entry of a closure that was registered at run time.
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

    /// Returns whether the handler was registered at run time, in which case its path does not
    /// identify it.
    pub(super) fn is_registered(&self) -> bool {
        matches!(self.0, Source::Registered(_))
    }

    /// Compares by `order`, then functions before closures, then by module path, line, column and
    /// name, because one `macro_rules!` may define several handlers at the same location. Closures
    /// are equal, so a stable sort keeps the order of their registration.
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
