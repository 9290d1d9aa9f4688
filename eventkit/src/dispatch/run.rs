//! Calls the handlers of an event, one after another, each on its own.

use std::any::{Any, TypeId};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};

use super::delivery::{Delivery, Message};
use super::error::DispatchError;
use super::gate::{Attributes, Outcomes};
use super::handler::{Call, Handler, Outcome};
use super::report::Report;
use super::route::{DirectCall, Route, RouteRef};
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

    /// Returns the Rust type that stands for the event type, where one does.
    #[doc(hidden)]
    fn single_type(&self) -> Option<TypeId>;

    /// Returns the envelope, where this is one.
    #[doc(hidden)]
    fn as_envelope(&self) -> Option<&Event>;

    /// Makes the envelope.
    #[doc(hidden)]
    fn to_envelope(&self) -> Result<Event, EncodeError>;

    /// Returns the attributes, without encoding data; `None` where this is an envelope.
    #[doc(hidden)]
    fn typed_attributes(&self) -> Result<Option<TypedAttributes>, EncodeError>;

    /// Returns the value, and what typed handlers take of it.
    #[doc(hidden)]
    fn values(&self) -> Option<[&(dyn Any + Send + Sync); 2]>;
}

impl Dispatch for Event {
    fn wire_type(&self) -> &str {
        self.ty()
    }

    fn single_type(&self) -> Option<TypeId> {
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

    fn values(&self) -> Option<[&(dyn Any + Send + Sync); 2]> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> Dispatch for T {
    fn wire_type(&self) -> &str {
        self.event_type()
    }

    #[inline]
    fn single_type(&self) -> Option<TypeId> {
        Some(if T::CLOSED_SET {
            self.payload().type_id()
        } else {
            TypeId::of::<T>()
        })
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

    fn values(&self) -> Option<[&(dyn Any + Send + Sync); 2]> {
        Some([self, self.payload()])
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
#[inline]
fn prepare<'t, E: Dispatch>(
    table: &'t Table,
    event: &E,
    sync: bool,
) -> Result<Option<Prepared<'t>>, DispatchError> {
    let typed = event.single_type().and_then(|id| table.typed_route(id));
    let route = match typed {
        Some(route) => RouteRef::Known(route),
        None => match table.route(event.wire_type()) {
            Some(route) => route,
            None => return Ok(None),
        },
    };
    route.check(event.wire_type(), sync)?;
    let made = match event.values() {
        Some(values) if route.needs_event(values.map(Any::type_id)) => {
            Some(Made::Envelope(event.to_envelope()?))
        }
        Some(_) if route.filtered => event.typed_attributes()?.map(Made::Attributes),
        _ => None,
    };
    Ok(Some(Prepared { route, made }))
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
    #[inline]
    fn new<E: Dispatch>(table: &'a Table, event: &'a E, prepared: &'a Prepared<'_>) -> Self {
        let route = &*prepared.route;
        let (envelope, typed) = match &prepared.made {
            Some(Made::Envelope(event)) => (Some(event), None),
            Some(Made::Attributes(attributes)) => (None, Some(attributes)),
            None => (event.as_envelope(), None),
        };
        let attributes = if route.filtered {
            typed
                .map(Attributes::Typed)
                .or(envelope.map(Attributes::Event))
        } else {
            None
        };
        Self {
            route,
            states: table.states(),
            message: Message::new(event.values(), envelope),
            attributes,
        }
    }

    fn run(&self) -> Result<Report, DispatchError> {
        let mut outcomes = Outcomes::default();
        for (at, handler) in self.route.handlers.iter().enumerate() {
            if outcomes.admit(at, handler, self.attributes.as_ref()) {
                let delivery = Delivery::new(&self.message, handler, self.states);
                // The delivery is not looked at again after a panic.
                let outcome = catch_unwind(AssertUnwindSafe(|| call(handler, &delivery)));
                outcomes.note(at, outcome);
            }
        }
        finish(self.route, outcomes)
    }

    async fn run_async(&self) -> Result<Report, DispatchError> {
        let mut outcomes = Outcomes::default();
        for (at, handler) in self.route.handlers.iter().enumerate() {
            if outcomes.admit(at, handler, self.attributes.as_ref()) {
                let delivery = Delivery::new(&self.message, handler, self.states);
                // Each future is made where it stays: it is larger than what else there is to copy.
                let outcome = match &handler.call {
                    Call::Async(call) => finished(pin!(call(&delivery))).await,
                    Call::AsyncShared(call) => finished(pin!(call(&delivery))).await,
                    _ => catch_unwind(AssertUnwindSafe(|| call(handler, &delivery))),
                };
                outcomes.note(at, outcome);
            }
        }
        finish(self.route, outcomes)
    }
}

fn finish(route: &Route, outcomes: Outcomes) -> Result<Report, DispatchError> {
    let report = Report::new(route.handlers.clone(), outcomes.into_details());
    if report.has_failures() {
        Err(DispatchError::Failed(report))
    } else {
        Ok(report)
    }
}

/// Calls handlers that want nothing but the value.
fn run_direct(
    route: &Route,
    calls: &[DirectCall],
    delivery: &Delivery<'_>,
) -> Result<Report, DispatchError> {
    let mut outcomes = Outcomes::default();
    for (at, call) in calls.iter().enumerate() {
        // Routes with async handlers have been refused.
        if let DirectCall::Sync(call) = call {
            let outcome = catch_unwind(AssertUnwindSafe(|| call(delivery)));
            outcomes.note(at, outcome);
        }
    }
    finish(route, outcomes)
}

/// Calls handlers that want nothing but the value, async ones too.
async fn run_direct_async(
    route: &Route,
    calls: &[DirectCall],
    delivery: &Delivery<'_>,
) -> Result<Report, DispatchError> {
    let mut outcomes = Outcomes::default();
    for (at, call) in calls.iter().enumerate() {
        let outcome = match call {
            DirectCall::Sync(call) => catch_unwind(AssertUnwindSafe(|| call(delivery))),
            DirectCall::Async(call) => finished(pin!(call(delivery))).await,
        };
        outcomes.note(at, outcome);
    }
    finish(route, outcomes)
}

/// Finds the calls to make for a value, where there is nothing else to look at.
#[inline]
fn direct<'t, E: Dispatch>(
    table: &'t Table,
    event: &E,
    sync: bool,
) -> Option<(&'t Route, &'t [DirectCall])> {
    let ty = event.single_type()?;
    let route = table.typed_route(ty)?;
    Some((route, route.direct(ty, sync)?))
}

#[inline]
pub(crate) fn dispatch<E: Dispatch>(table: &Table, event: &E) -> Result<Report, DispatchError> {
    if let Some((route, calls)) = direct(table, event, true) {
        let message = Message::new(event.values(), None);
        let delivery = Delivery::without_context(&message, table.states());
        return run_direct(route, calls, &delivery);
    }
    dispatch_any(table, event)
}

fn dispatch_any<E: Dispatch>(table: &Table, event: &E) -> Result<Report, DispatchError> {
    match prepare(table, event, true)? {
        Some(prepared) => Run::new(table, event, &prepared).run(),
        None => Ok(Report::default()),
    }
}

pub(crate) async fn dispatch_async<E: Dispatch>(
    table: TableRef<'_>,
    event: &E,
) -> Result<Report, DispatchError> {
    if let Some((route, calls)) = direct(&table, event, false) {
        let message = Message::new(event.values(), None);
        let delivery = Delivery::without_context(&message, table.states());
        return run_direct_async(route, calls, &delivery).await;
    }
    match prepare(&table, event, false)? {
        Some(prepared) => Run::new(&table, event, &prepared).run_async().await,
        None => Ok(Report::default()),
    }
}

#[inline]
fn call(handler: &Handler, delivery: &Delivery<'_>) -> Outcome {
    match &handler.call {
        Call::Sync(call) => call(delivery),
        Call::SyncShared(call) => call(delivery),
        // Routes with async handlers have been refused.
        Call::Async(_) | Call::AsyncShared(_) => Ok(()),
    }
}

/// Runs a future to its end, or to its panic.
pub(crate) fn finished<F: Future>(
    mut future: Pin<&mut F>,
) -> impl Future<Output = std::thread::Result<F::Output>> {
    poll_fn(move |context| {
        // After a panic the future is dropped and not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    })
}
