//! Return types of handlers, and their conversion into outcomes.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use super::collection::{LazyOutgoing, OutgoingError};
use super::decision::{Decision, HandlerError};
use super::entry::Outcome;
use super::failure::{ErrorPointer, Failure, find_decision};
use super::invocation::Invocation;
use crate::error::BoxError;
use crate::event::Event;
use crate::typed::{CloudEvent, ConstString, EventSet};

/// A return type of handlers: `()`, events, or a `Result` of these.
///
/// Events are values of an event type, enums of event types, [`Event`]s, and an `Option` or a `Vec`
/// of these. In a dispatch outside a service, they are in the report, see
/// [`Report::events`](super::Report::events). A service publishes them after the handler has
/// succeeded, under [derived ids](super::Outgoing#ids). An [`Event`] keeps its own id; if the id is
/// random, the event is stored again each time its handler runs. If an event cannot be encoded, the
/// handler has failed. `#[handles]` refuses an event type that does not declare a source.
///
/// ```
/// use eventkit::{BoxError, CloudEvent, Registry, handles};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
/// struct OrderPlaced { order_id: String }
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.shipped", source = "/shop")]
/// struct OrderShipped { order_id: String }
///
/// static SHIPPING: Registry = Registry::new("shipping");
///
/// #[handles(registry = SHIPPING)]
/// fn ship(order: OrderPlaced) -> Result<Option<OrderShipped>, BoxError> {
///     Ok(Some(OrderShipped { order_id: order.order_id }))
/// }
///
/// let report = SHIPPING.dispatch(&OrderPlaced { order_id: "A-1".into() }.to_event()?)?;
/// assert_eq!(OrderShipped::try_from(&report.events()[0])?.order_id, "A-1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    label = "neither events nor `()`",
    note = "return `()`, an event type, an enum of event types, `Event`, or an `Option` or a `Vec` of these",
    note = "or return a `Result` of one of these, with an error that implements `std::error::Error` and is `Send + Sync + 'static`, a `String`, or a `Box<dyn std::error::Error + Send + Sync>`",
    note = "for several events of different types, return a `Vec` of an enum that derives `CloudEvent`, or send them through `Outgoing`",
    note = "to await in a handler, make it an `async fn`"
)]
pub trait IntoOutcome {
    /// The event types that the value may contain, or `"*"` if they are unknown.
    const EMITS: &'static [&'static str] = &[];

    /// The first of these types that does not declare a source.
    #[doc(hidden)]
    const WITHOUT_SOURCE: Option<&'static str> = None;

    /// Adds the events to the outgoing events of the call.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is an error, or if an event cannot be encoded.
    #[doc(hidden)]
    fn into_outcome(self, outgoing: &LazyOutgoing) -> Result<(), Failure>;
}

impl IntoOutcome for () {
    fn into_outcome(self, _: &LazyOutgoing) -> Result<(), Failure> {
        Ok(())
    }
}

impl IntoOutcome for Event {
    const EMITS: &'static [&'static str] = <Self as EventSet>::TYPES;

    fn into_outcome(self, outgoing: &LazyOutgoing) -> Result<(), Failure> {
        let ty = self.ty().to_owned();
        let added = outgoing.collection().add_event(self);
        added.map_err(|source| not_sent(ty, source))
    }
}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> IntoOutcome for T {
    const EMITS: &'static [&'static str] = <T as EventSet>::TYPES;

    const WITHOUT_SOURCE: Option<&'static str> = T::WITHOUT_SOURCE;

    fn into_outcome(self, outgoing: &LazyOutgoing) -> Result<(), Failure> {
        let added = outgoing.collection().add_value(&self, None);
        added.map_err(|source| not_sent(self.event_type(), source))
    }
}

impl<R: IntoOutcome> IntoOutcome for Option<R> {
    const EMITS: &'static [&'static str] = R::EMITS;

    const WITHOUT_SOURCE: Option<&'static str> = R::WITHOUT_SOURCE;

    fn into_outcome(self, outgoing: &LazyOutgoing) -> Result<(), Failure> {
        self.map_or(Ok(()), |returned| returned.into_outcome(outgoing))
    }
}

impl<R: IntoOutcome> IntoOutcome for Vec<R> {
    const EMITS: &'static [&'static str] = R::EMITS;

    const WITHOUT_SOURCE: Option<&'static str> = R::WITHOUT_SOURCE;

    fn into_outcome(self, outgoing: &LazyOutgoing) -> Result<(), Failure> {
        self.into_iter()
            .try_for_each(|returned| returned.into_outcome(outgoing))
    }
}

impl<R: IntoOutcome, E: IntoFailure> IntoOutcome for Result<R, E> {
    const EMITS: &'static [&'static str] = R::EMITS;

    const WITHOUT_SOURCE: Option<&'static str> = R::WITHOUT_SOURCE;

    fn into_outcome(self, outgoing: &LazyOutgoing) -> Result<(), Failure> {
        self.map_err(E::into_failure)?.into_outcome(outgoing)
    }
}

/// The error for a returned event that could not be sent.
#[derive(Debug, thiserror::Error)]
#[error("failed to send the returned event of type {ty:?}")]
struct NotSent {
    ty: String,
    source: OutgoingError,
}

#[cold]
fn not_sent(ty: impl Into<String>, source: OutgoingError) -> Failure {
    let ty = ty.into();
    Failure::error(NotSent { ty, source })
}

/// An error type of handlers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a handler",
    label = "not an error type of handlers",
    note = "implement `std::error::Error` for it, for example with `#[derive(thiserror::Error)]`, and make it `Send + Sync + 'static`",
    note = "or return a `String` or a `Box<dyn std::error::Error + Send + Sync>`"
)]
pub trait IntoFailure {
    /// Converts the error into a failure.
    fn into_failure(self) -> Failure;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> IntoFailure for E {
    fn into_failure(self) -> Failure {
        Failure::returned(self.into())
    }
}

/// The emissions of a return type, even if handlers cannot return it.
///
/// For other types, the compiler falls back to the constant of [`NoEmissions`], so that only the
/// call itself reports an error.
#[derive(Debug)]
pub struct Emissions<R>(PhantomData<R>);

impl<R: IntoOutcome> Emissions<R> {
    /// The event types.
    pub const __EVENTKIT_EMITS: ReturnedTypes = ReturnedTypes {
        types: R::EMITS,
        without_source: R::WITHOUT_SOURCE,
    };
}

/// The fallback for types that handlers cannot return.
pub trait NoEmissions {
    /// No events.
    const __EVENTKIT_EMITS: ReturnedTypes = ReturnedTypes {
        types: &[],
        without_source: None,
    };
}

impl<R> NoEmissions for Emissions<R> {}

/// The event types that a handler returns.
#[derive(Debug)]
pub struct ReturnedTypes {
    types: &'static [&'static str],
    without_source: Option<&'static str>,
}

impl ReturnedTypes {
    /// Returns the event types after checking that all of them declare a source.
    ///
    /// # Panics
    ///
    /// Panics at compile time if one does not.
    #[must_use]
    #[track_caller]
    pub const fn checked(self, handler: &str) -> &'static [&'static str] {
        let Some(ty) = self.without_source else {
            return self.types;
        };
        let message = ConstString::new()
            .push("`")
            .push(handler)
            .push("` returns \"")
            .push(ty);
        let message = message.push(
            "\", which does not declare a source: add `source = \"..\"` to its `#[cloudevent(..)]`, or \
             `#[cloudevent(source)]` to a field",
        );
        panic!("{}", message.as_str())
    }
}

/// The returned value of a handler, for autoref specialization.
///
/// Generated code calls `__eventkit_outcome`. The compiler takes the first method that applies to
/// the type: the inherent method if the error is a [`HandlerError`], then that of
/// [`AutorefPointer`] if the error is a pointer to an error, then that of [`AutorefResult`], then
/// that of [`AutorefOutcome`]. The name is reserved, so that it does not collide with a trait of
/// the user.
///
/// The last two take a reference to have a lower priority, so they take the value out of the cell.
pub struct Returned<R>(Cell<Option<R>>);

impl<R> fmt::Debug for Returned<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Returned").finish_non_exhaustive()
    }
}

impl<R> Returned<R> {
    /// Wraps a returned value.
    #[inline]
    pub const fn new(returned: R) -> Self {
        Self(Cell::new(Some(returned)))
    }

    #[inline]
    fn add(&self, invocation: &Invocation<'_>) -> Outcome
    where
        R: IntoOutcome,
    {
        let returned = self.0.take();
        let outcome = returned.into_outcome(invocation.outgoing());
        outcome.map_err(Box::new)
    }
}

impl<R, E> Returned<Result<R, E>> {
    #[inline]
    fn add_or_fail(&self, invocation: &Invocation<'_>, into_failure: fn(E) -> Failure) -> Outcome
    where
        R: IntoOutcome,
    {
        let returned = self.0.take().transpose();
        let returned = returned.map_err(|error| Box::new(into_failure(error)))?;
        Returned(Cell::new(returned)).add(invocation)
    }
}

impl<R, E: HandlerError> Returned<Result<R, E>> {
    /// Converts the result into an outcome, and keeps the decision of the error.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is an error, or if an event cannot be encoded.
    #[inline]
    pub fn __eventkit_outcome(self, invocation: &Invocation<'_>) -> Outcome
    where
        R: IntoOutcome,
    {
        self.add_or_fail(invocation, Failure::from)
    }
}

/// The conversion of results whose error is a pointer to an error that may have made a decision.
pub trait AutorefPointer<R> {
    /// Converts the result into an outcome.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is an error, or if an event cannot be encoded.
    fn __eventkit_outcome(self, invocation: &Invocation<'_>) -> Outcome
    where
        R: IntoOutcome;
}

impl<R, E: ErrorPointer> AutorefPointer<R> for Returned<Result<R, E>> {
    fn __eventkit_outcome(self, invocation: &Invocation<'_>) -> Outcome
    where
        R: IntoOutcome,
    {
        self.add_or_fail(invocation, Failure::returned_pointer)
    }
}

/// The conversion of all other results.
pub trait AutorefResult<R, E> {
    /// Converts the result into an outcome.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is an error, or if an event cannot be encoded.
    fn __eventkit_outcome(&self, invocation: &Invocation<'_>) -> Outcome
    where
        R: IntoOutcome,
        E: IntoFailure;
}

impl<R, E> AutorefResult<R, E> for Returned<Result<R, E>> {
    #[inline]
    fn __eventkit_outcome(&self, invocation: &Invocation<'_>) -> Outcome
    where
        R: IntoOutcome,
        E: IntoFailure,
    {
        self.add_or_fail(invocation, E::into_failure)
    }
}

/// The conversion of all values that are not results.
pub trait AutorefOutcome<R> {
    /// Converts the returned value into an outcome.
    ///
    /// # Errors
    ///
    /// Returns an error if an event cannot be encoded.
    fn __eventkit_outcome(&mut self, invocation: &Invocation<'_>) -> Outcome
    where
        R: IntoOutcome;
}

impl<R> AutorefOutcome<R> for Returned<R> {
    #[inline]
    fn __eventkit_outcome(&mut self, invocation: &Invocation<'_>) -> Outcome
    where
        R: IntoOutcome,
    {
        self.add(invocation)
    }
}

/// The error in a transparent variant, for autoref specialization.
///
/// The compiler selects the inherent method if the error is a [`HandlerError`], and that of
/// [`AutorefDecision`] otherwise.
#[derive(Debug)]
pub struct InnerError<'e, E>(pub &'e E);

impl<E: HandlerError> InnerError<'_, E> {
    /// Returns the decision of the error.
    #[must_use]
    pub fn __eventkit_decision(self) -> Decision {
        self.0.decision()
    }
}

/// The decision of an error of any type, which may be behind a pointer.
pub trait AutorefDecision<E> {
    /// Returns the decision of the error, or `Retry` if it made none.
    fn __eventkit_decision(self) -> Decision
    where
        E: MayDecide;
}

impl<E> AutorefDecision<E> for InnerError<'_, E> {
    fn __eventkit_decision(self) -> Decision
    where
        E: MayDecide,
    {
        find_decision(self.0.error()).unwrap_or(Decision::Retry { after: None })
    }
}

/// An error that may contain an error with a decision.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not decide what a service does with an event whose handler returns it",
    label = "no `HandlerError`",
    note = "add `#[derive(HandlerError)]` to `{Self}`, or decide here: `#[retry]`, `#[dead_letter]` or `#[drop]`"
)]
pub trait MayDecide {
    /// Returns the error.
    fn error(&self) -> &(dyn Error + 'static);
}

#[diagnostic::do_not_recommend]
impl<E: ErrorPointer> MayDecide for E {
    fn error(&self) -> &(dyn Error + 'static) {
        &**self
    }
}
