//! Closures as handlers: their parameters, and what they return.

use std::future::Future;

use super::extract::Extract;
use super::failure::Failure;
use super::invocation::{HandlerEvent, Invocation};
use super::returned::IntoOutcome;
use super::state::Requirements;

/// A closure that can be registered as a handler: it takes a reference to the event, then up to eight
/// extractors, and returns what handlers return.
///
/// `E` is [`Event`](crate::Event) or an event type; the compiler finds `Parameters`. An extractor borrows
/// nothing, such as `State<S>`, `Time`, [`Outgoing`](crate::Outgoing), a documented extension, or a type
/// of the program that implements [`Extract`] for every lifetime. The types of the parameters are written
/// out.
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
/// In the place of one that borrows, such as `Id<'_>`, an extractor of the program owns the value:
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
    message = "this cannot be registered as a handler",
    label = "not a closure of a handler",
    note = "write `|event: &Event|`, or `|order: &OrderPlaced|` for `register_typed`, with the types of all parameters; the type of the event derives `CloudEvent`",
    note = "after the event it takes up to eight extractors that borrow nothing, such as `eventkit::State<S>` and not `Id<'_>`, and returns `()`, events, or a `Result` of these",
    note = "what it captures is `Send + Sync`, and is changed behind a lock or in an atomic, since it may be called by several threads at once",
    note = "a closure that returns a future is registered with `register_async` or `register_typed_async`"
)]
pub trait HandlerClosure<E, Parameters>: Send + Sync + 'static {
    /// The returned value.
    #[doc(hidden)]
    type Returned: IntoOutcome;

    /// What its extractors need.
    #[doc(hidden)]
    const NEEDS: ExtractorNeeds;

    /// Calls the closure, unless an extractor fails.
    #[doc(hidden)]
    fn call(&self, event: &E, invocation: &Invocation<'_>) -> Result<Self::Returned, Failure>;
}

/// A closure that can be registered as a handler, and returns a future: it takes the event by value, then
/// extractors as a [`HandlerClosure`] does.
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
    message = "this cannot be registered as an async handler",
    label = "not a closure of an async handler",
    note = "write `|event: Event| async move ..`, or `|order: OrderPlaced| async move ..` for `register_typed_async`, with the types of all parameters; the type of the event derives `CloudEvent`",
    note = "after the event it takes up to eight extractors that borrow nothing, such as `eventkit::State<S>` and not `Id<'_>`, and its future is `Send` and returns `()`, events, or a `Result` of these",
    note = "what it captures is `Send + Sync`, and is changed behind a lock or in an atomic, since it may be called by several threads at once"
)]
pub trait AsyncHandlerClosure<E, Parameters>: Send + Sync + 'static {
    /// The future of one call.
    #[doc(hidden)]
    type Future: Future<Output: IntoOutcome> + Send + 'static;

    /// What its extractors need.
    #[doc(hidden)]
    const NEEDS: ExtractorNeeds;

    /// Calls the closure, unless an extractor fails.
    #[doc(hidden)]
    fn call(&self, event: E, invocation: &Invocation<'_>) -> Result<Self::Future, Failure>;
}

/// What the extractors of a closure need.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ExtractorNeeds {
    /// Whether one takes the envelope.
    pub(super) event: bool,
    /// The types of the events that each sends.
    pub(super) sends: &'static [&'static [&'static str]],
    /// Adds the state that they require.
    pub(super) requires: fn(&mut Requirements),
}

/// Implements the traits for closures with that many extractors.
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
