//! Calls the handlers of an event, one after another, each on its own.

use std::any::{Any, TypeId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use super::call::{Call, Outcome, finished};
use super::delivery::{Delivery, Message, Value};
use super::error::DispatchError;
use super::gate::{Attributes, Outcomes};
use super::handler_list::NamedHandlers;
use super::plain::BLOCK;
use super::report::Report;
use super::route::{Plain, Route, RouteRef};
use super::state::States;
use super::table::Table;
use super::tables::TableRef;
use crate::error::EncodeError;
use crate::event::Event;
use crate::typed::{CloudEvent, TypedAttributes};

/// Is implemented by what can be dispatched: [`Event`] and event types.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be dispatched",
    label = "neither an `Event` nor an event type",
    note = "add `#[derive(CloudEvent)]` and `#[cloudevent(type = \"..\")]` to `{Self}`"
)]
pub trait Dispatch: Sync {
    /// Returns the event type.
    #[doc(hidden)]
    fn wire_type(&self) -> &str;

    /// Returns what typed handlers take, and its type; `None` where this is an envelope.
    #[doc(hidden)]
    fn typed_payload(&self) -> Option<(TypeId, &Value)>;

    /// Returns the value itself, which is an enum where the payload is what a variant holds.
    #[doc(hidden)]
    fn typed_value(&self) -> Option<&Value>;

    /// Returns the envelope, where this is one.
    #[doc(hidden)]
    fn as_envelope(&self) -> Option<&Event>;

    /// Makes the envelope.
    #[doc(hidden)]
    fn to_envelope(&self) -> Result<Event, EncodeError>;

    /// Returns the attributes, without encoding data; `None` where this is an envelope.
    #[doc(hidden)]
    fn typed_attributes(&self) -> Result<Option<TypedAttributes>, EncodeError>;
}

impl Dispatch for Event {
    fn wire_type(&self) -> &str {
        self.ty()
    }

    #[inline]
    fn typed_payload(&self) -> Option<(TypeId, &Value)> {
        None
    }

    fn typed_value(&self) -> Option<&Value> {
        None
    }

    fn as_envelope(&self) -> Option<&Event> {
        Some(self)
    }

    fn to_envelope(&self) -> Result<Event, EncodeError> {
        Ok(self.clone())
    }

    fn typed_attributes(&self) -> Result<Option<TypedAttributes>, EncodeError> {
        Ok(None)
    }
}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> Dispatch for T {
    fn wire_type(&self) -> &str {
        self.event_type()
    }

    #[inline]
    fn typed_payload(&self) -> Option<(TypeId, &Value)> {
        if !T::CLOSED_SET {
            return Some((TypeId::of::<T>(), self));
        }
        let payload = self.payload();
        Some((payload.type_id(), payload))
    }

    fn typed_value(&self) -> Option<&Value> {
        Some(self)
    }

    fn as_envelope(&self) -> Option<&Event> {
        None
    }

    fn to_envelope(&self) -> Result<Event, EncodeError> {
        self.to_event()
    }

    fn typed_attributes(&self) -> Result<Option<TypedAttributes>, EncodeError> {
        self.attributes().map(Some)
    }
}

/// The handlers of an event, and what had to be made for them.
struct Prepared<'t> {
    route: RouteRef<'t>,
    made: Option<Made>,
}

/// What handlers and filters want of a typed value.
enum Made {
    /// The envelope, where a handler or a filter wants it.
    Envelope(Event),
    /// The attributes for the filters, where nobody wants the envelope.
    Attributes(TypedAttributes),
}

/// Finds the route and makes the envelope if a handler wants it; after this every handler can run.
fn prepare<'t>(
    table: &'t Table,
    event: &dyn Dispatch,
    sync: bool,
) -> Result<Option<Prepared<'t>>, DispatchError> {
    let payload = event.typed_payload();
    let typed = payload.and_then(|(ty, _)| table.typed_route(ty));
    let route = match typed {
        Some(route) => RouteRef::Known(route),
        None => match table.route(event.wire_type()) {
            Some(route) => route,
            None => return Ok(None),
        },
    };
    route.check(event.wire_type(), sync)?;
    let made = match values(event) {
        Some(values) if route.needs_event(values.map(Any::type_id)) => {
            Some(Made::Envelope(event.to_envelope()?))
        }
        Some(_) if route.filtered => event.typed_attributes()?.map(Made::Attributes),
        _ => None,
    };
    Ok(Some(Prepared { route, made }))
}

/// Returns the typed value, and what typed handlers take of it.
fn values(event: &dyn Dispatch) -> Option<[&Value; 2]> {
    Some([event.typed_value()?, event.typed_payload()?.1])
}

/// Is one event with its handlers, ready to run.
struct Run<'a> {
    route: &'a Route,
    states: &'a States,
    message: Message<'a>,
    /// What filters look at, where the route has some.
    attributes: Option<Attributes<'a>>,
}

impl<'a> Run<'a> {
    fn new(table: &'a Table, event: &'a dyn Dispatch, prepared: &'a Prepared<'_>) -> Self {
        let (envelope, typed) = match &prepared.made {
            Some(Made::Envelope(event)) => (Some(event), None),
            Some(Made::Attributes(attributes)) => (None, Some(attributes)),
            None => (event.as_envelope(), None),
        };
        let attributes = typed.map(Attributes::Typed);
        let message = Message::new(values(event), envelope);
        Self::with(table, &prepared.route, message, attributes)
    }

    /// Attributes are those of the message, unless others are given.
    #[inline]
    fn with(
        table: &'a Table,
        route: &'a Route,
        message: Message<'a>,
        attributes: Option<Attributes<'a>>,
    ) -> Self {
        let attributes = if route.filtered {
            attributes.or(message.event().map(Attributes::Event))
        } else {
            None
        };
        Self {
            route,
            states: table.states(),
            message,
            attributes,
        }
    }

    #[inline]
    fn run(&self) -> Result<Report, DispatchError> {
        let mut outcomes = Outcomes::default();
        let mut next = 0;
        loop {
            // Once for all handlers, as long as none panics or fails.
            match catch_unwind(AssertUnwindSafe(|| self.run_from(&mut next, &mut outcomes))) {
                Ok(Ok(())) => break,
                Ok(Err(failure)) => outcomes.note_failure(next - 1, failure),
                Err(panic) => outcomes.note_panic(next - 1, panic),
            }
        }
        finish(self.route.handlers.named(), outcomes)
    }

    /// Calls the handlers from `next` on, each after it has been counted there: to the end, or to one
    /// that fails.
    #[inline]
    fn run_from(&self, next: &mut usize, outcomes: &mut Outcomes) -> Outcome {
        while let Some(handler) = self.route.handlers.get(*next) {
            *next += 1;
            if outcomes.admit(*next - 1, handler, self.attributes.as_ref()) {
                handler.call(&Delivery::new(&self.message, handler, self.states))?;
            }
        }
        Ok(())
    }

    async fn run_async(&self) -> Result<Report, DispatchError> {
        let mut outcomes = Outcomes::default();
        for (at, handler) in self.route.handlers.iter().enumerate() {
            if outcomes.admit(at, handler, self.attributes.as_ref()) {
                let delivery = Delivery::new(&self.message, handler, self.states);
                outcomes.note(at, handler.run_async(&delivery).await);
            }
        }
        finish(self.route.handlers.named(), outcomes)
    }
}

#[inline]
fn finish(handlers: NamedHandlers, outcomes: Outcomes) -> Result<Report, DispatchError> {
    let report = Report::new(handlers, outcomes.into_details());
    if report.has_failures() {
        Err(DispatchError::Failed(report))
    } else {
        Ok(report)
    }
}

/// Calls plain functions, in blocks; where one panics or fails, those after it are yet to be called.
#[expect(
    clippy::inline_always,
    reason = "each of the two callers saves the registers once for both"
)]
#[inline(always)]
pub(crate) fn dispatch_plain(plain: &Plain, event: &Value) -> Result<Report, DispatchError> {
    let mut outcomes = Outcomes::default();
    for (first, block) in plain.blocks.iter().enumerate() {
        let mut next = 0;
        loop {
            // Once for all of a block: what is looked at after a panic is the number alone.
            match catch_unwind(AssertUnwindSafe(|| block.run(event, &mut next))) {
                Ok(Ok(())) => break,
                Ok(Err(failure)) => outcomes.note_failure(first * BLOCK + next - 1, failure),
                Err(panic) => outcomes.note_panic(first * BLOCK + next - 1, panic),
            }
        }
    }
    finish(NamedHandlers::Interned(plain.handlers), outcomes)
}

/// Calls handlers that want nothing but the value and the state.
fn run_direct(route: &Route, delivery: &Delivery<'_>) -> Result<Report, DispatchError> {
    let mut outcomes = Outcomes::default();
    for (at, handler) in route.handlers.iter().enumerate() {
        outcomes.note(at, handler.run(delivery));
    }
    finish(route.handlers.named(), outcomes)
}

/// Calls handlers that want nothing but the value and the state, async ones too.
async fn run_direct_async(route: &Route, delivery: &Delivery<'_>) -> Result<Report, DispatchError> {
    let mut outcomes = Outcomes::default();
    let mut next = 0;
    loop {
        // Once for all of them, as with plain functions.
        let outcome = finished(pin!(run_from(route, delivery, &mut next))).await;
        match outcome {
            Ok(Ok(())) => return finish(route.handlers.named(), outcomes),
            Ok(Err(failure)) => outcomes.note_failure(next - 1, failure),
            Err(panic) => outcomes.note_panic(next - 1, panic),
        }
    }
}

/// Calls the handlers from `next` on, each after it has been counted there: to the end, or to one
/// that fails.
async fn run_from(route: &Route, delivery: &Delivery<'_>, next: &mut usize) -> Outcome {
    while let Some(handler) = route.handlers.get(*next) {
        *next += 1;
        match &handler.call {
            // The future is made where it stays: it is larger than what else there is to copy.
            Call::Async(call) => pin!(call(delivery)).await?,
            _ => handler.call(delivery)?,
        }
    }
    Ok(())
}

/// Dispatches a typed value that wants more than to be handed to plain functions.
pub(crate) fn dispatch(table: &Table, event: &dyn Dispatch) -> Result<Report, DispatchError> {
    if let Some((payload, route)) = direct(table, event.typed_payload(), true) {
        let delivery = Delivery::direct(payload, table.states());
        return run_direct(route, &delivery);
    }
    match prepare(table, event, true)? {
        Some(prepared) => Run::new(table, event, &prepared).run(),
        None => Ok(Report::default()),
    }
}

pub(crate) async fn dispatch_async(
    table: TableRef<'_>,
    payload: Option<(TypeId, &Value)>,
    event: &dyn Dispatch,
) -> Result<Report, DispatchError> {
    if let Some((payload, route)) = direct(&table, payload, false) {
        let delivery = Delivery::direct(payload, table.states());
        return run_direct_async(route, &delivery).await;
    }
    match prepare(&table, event, false)? {
        Some(prepared) => Run::new(&table, event, &prepared).run_async().await,
        None => Ok(Report::default()),
    }
}

pub(crate) fn dispatch_envelope(table: &Table, event: &Event) -> Result<Report, DispatchError> {
    let ty = event.ty();
    let Some(route) = table.route(ty) else {
        return Ok(Report::default());
    };
    route.check(ty, true)?;
    Run::with(table, &route, Message::new(None, Some(event)), None).run()
}

/// Returns what to hand over to whom, where nothing else is left to do. None of these handlers takes
/// the enum that the payload may have come in.
#[inline]
fn direct<'t, 'e>(
    table: &'t Table,
    payload: Option<(TypeId, &'e Value)>,
    sync: bool,
) -> Option<(&'e Value, &'t Route)> {
    let (ty, payload) = payload?;
    let route = table.typed_route(ty)?;
    route.is_direct(ty, sync).then_some((payload, route))
}
