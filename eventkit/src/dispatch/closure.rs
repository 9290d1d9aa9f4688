//! Closures as handlers: their parameters and return types.

use std::future::Future;

use super::extract::Extract;
use super::failure::Failure;
use super::invocation::{HandlerEvent, Invocation};
use super::returned::IntoOutcome;
use super::state::Requirements;

/// A closure that can be registered as a handler. It takes a reference to the event and up to eight
/// extractors, and returns what handlers may return.
///
/// `E` is [`Event`](crate::Event) or an event type, and the compiler infers `Parameters`. The
/// extractors must not borrow: `State<S>`, `Time`, [`Outgoing`](crate::Outgoing), a documented
/// extension, or a type of the program that implements [`Extract`] for every lifetime. The closure
/// must state the types of its parameters.
///
/// ```
/// use eventkit::{Dispatcher, Event, Registry, State};
/// use std::sync::{Arc, Mutex};
///
/// static SEEN: Registry = Registry::new("seen");
///
/// type Ids = Arc<Mutex<Vec<String>>>;
///
/// SEEN.register("*", |event: &Event, State(ids): State<Ids>| {
///     ids.lock().unwrap().push(event.id().to_owned());
/// });
///
/// let ids = Ids::default();
/// let app = Dispatcher::new(&SEEN).state(ids.clone()).build()?;
/// app.dispatch(&Event::builder().id("1").source("/s").ty("t").build()?)?;
/// assert_eq!(*ids.lock().unwrap(), ["1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In place of an extractor that borrows, such as `Id<'_>`, write one that owns its value:
///
/// ```
/// use eventkit::{BoxError, CloudEvent, Context, Extract, Registry};
/// # use serde::{Deserialize, Serialize};
/// #
/// # #[derive(Serialize, Deserialize, CloudEvent)]
/// # #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
/// # struct OrderPlaced { order_id: String }
///
/// struct EventId(String);
///
/// impl<'a> Extract<'a> for EventId {
///     fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
///         Ok(Self(context.event().id().to_owned()))
///     }
/// }
///
/// let orders = Registry::new("orders");
/// orders.register_typed(|order: &OrderPlaced, EventId(id): EventId| {
///     println!("{} by event {id}", order.order_id);
/// });
/// orders.dispatch(&OrderPlaced { order_id: "A-1".into() })?;
/// # Ok::<(), eventkit::DispatchError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "this closure cannot be registered as a handler",
    label = "not a handler closure",
    note = "write `|event: &Event|`, or `|order: &OrderPlaced|` for `register_typed`, and state the types of all parameters; the event type must derive `CloudEvent`",
    note = "after the event, it may take up to eight extractors that do not borrow, such as `eventkit::State<S>` but not `Id<'_>`; it must return `()`, events, or a `Result` of these",
    note = "captured values must be `Send + Sync`; mutate them behind a lock or in an atomic, because several threads may call the handler at once",
    note = "register a closure that returns a future with `register_async` or `register_typed_async`"
)]
pub trait HandlerClosure<E, Parameters>: Send + Sync + 'static {
    /// The return type.
    #[doc(hidden)]
    type Returned: IntoOutcome;

    /// The requirements of its extractors.
    #[doc(hidden)]
    const NEEDS: ExtractorNeeds;

    /// Calls the closure, or returns the error of an extractor.
    #[doc(hidden)]
    fn call(&self, event: &E, invocation: &Invocation<'_>) -> Result<Self::Returned, Failure>;
}

/// A closure that can be registered as an async handler. It takes the event by value and extractors
/// like a [`HandlerClosure`], and returns a future.
///
/// ```
/// use eventkit::{Dispatcher, Event, Registry, State};
/// use std::sync::{Arc, Mutex};
///
/// static SEEN: Registry = Registry::new("seen");
///
/// type Ids = Arc<Mutex<Vec<String>>>;
///
/// SEEN.register_async("*", |event: Event, State(ids): State<Ids>| async move {
///     ids.lock().unwrap().push(event.id().to_owned());
/// });
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let ids = Ids::default();
/// let app = Dispatcher::new(&SEEN).state(ids.clone()).build()?;
/// app.dispatch_async(&Event::builder().id("1").source("/s").ty("t").build()?).await?;
/// assert_eq!(*ids.lock().unwrap(), ["1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "this closure cannot be registered as an async handler",
    label = "not an async handler closure",
    note = "write `|event: Event| async move ..`, or `|order: OrderPlaced| async move ..` for `register_typed_async`, and state the types of all parameters; the event type must derive `CloudEvent`",
    note = "after the event, it may take up to eight extractors that do not borrow, such as `eventkit::State<S>` but not `Id<'_>`; its future must be `Send` and return `()`, events, or a `Result` of these",
    note = "captured values must be `Send + Sync`; mutate them behind a lock or in an atomic, because several threads may call the handler at once"
)]
pub trait AsyncHandlerClosure<E, Parameters>: Send + Sync + 'static {
    /// The future of a call.
    #[doc(hidden)]
    type Future: Future<Output: IntoOutcome> + Send + 'static;

    /// The requirements of its extractors.
    #[doc(hidden)]
    const NEEDS: ExtractorNeeds;

    /// Calls the closure, or returns the error of an extractor.
    #[doc(hidden)]
    fn call(&self, event: E, invocation: &Invocation<'_>) -> Result<Self::Future, Failure>;
}

/// The requirements of the extractors of a closure.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ExtractorNeeds {
    /// Whether an extractor reads the envelope.
    pub(super) event: bool,
    /// The event types that each extractor sends.
    pub(super) sends: &'static [&'static [&'static str]],
    /// Adds the state that the extractors require.
    pub(super) requires: fn(&mut Requirements),
}

/// Implements the closure traits for a number of extractors.
macro_rules! closures {
    ($($extractor:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<E, F, R, $($extractor),*> HandlerClosure<E, (R, $($extractor,)*)> for F
        where
            E: HandlerEvent,
            F: Fn(&E, $($extractor),*) -> R + Send + Sync + 'static,
            R: IntoOutcome,
            $($extractor: for<'a> Extract<'a>,)*
        {
            type Returned = R;

            const NEEDS: ExtractorNeeds = closures!(@needs $($extractor)*);

            #[inline]
            fn call(&self, event: &E, invocation: &Invocation<'_>) -> Result<R, Failure> {
                let _ = invocation;
                Ok(self(event, $($extractor::from_invocation(invocation)?),*))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<E, F, U, $($extractor),*> AsyncHandlerClosure<E, (U, $($extractor,)*)> for F
        where
            E: HandlerEvent,
            F: Fn(E, $($extractor),*) -> U + Send + Sync + 'static,
            U: Future<Output: IntoOutcome> + Send + 'static,
            $($extractor: for<'a> Extract<'a>,)*
        {
            type Future = U;

            const NEEDS: ExtractorNeeds = closures!(@needs $($extractor)*);

            #[inline]
            fn call(&self, event: E, invocation: &Invocation<'_>) -> Result<U, Failure> {
                let _ = invocation;
                Ok(self(event, $($extractor::from_invocation(invocation)?),*))
            }
        }
    };
    (@needs $($extractor:ident)*) => {
        ExtractorNeeds {
            event: false $(|| <$extractor as Extract<'static>>::NEEDS_EVENT)*,
            sends: &[$(<$extractor as Extract<'static>>::EMITS),*],
            requires: |requirements| {
                let _ = &requirements;
                $(<$extractor as Extract<'static>>::requires(requirements);)*
            },
        }
    };
}

closures!();
closures!(A1);
closures!(A1 A2);
closures!(A1 A2 A3);
closures!(A1 A2 A3 A4);
closures!(A1 A2 A3 A4 A5);
closures!(A1 A2 A3 A4 A5 A6);
closures!(A1 A2 A3 A4 A5 A6 A7);
closures!(A1 A2 A3 A4 A5 A6 A7 A8);
