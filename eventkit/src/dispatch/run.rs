//! Calls the handlers of an event, one after another, each on its own.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::delivery::{Delivery, Message};
use super::error::DispatchError;
use super::failure::Failure;
use super::gate::{Attributes, Outcomes};
use super::handler::{Call, Handler, Outcome, OutcomeFuture};
use super::report::Report;
use super::table::{Route, RouteRef, Table};
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
    /// The envelope, of a typed value of which a handler or a filter wants it.
    envelope: Option<Event>,
    /// The attributes for the filters, of a typed value without envelope.
    attributes: Option<TypedAttributes>,
}

/// Finds the route and makes the envelope if a handler wants it; after this every handler can run.
fn prepare<'t, E: Dispatch>(
    table: &'t Table,
    event: &E,
    sync: bool,
) -> Result<Option<Prepared<'t>>, DispatchError> {
    let Some(route) = table.route(event.wire_type()) else {
        return Ok(None);
    };
    route.check(event.wire_type(), sync)?;
    let envelope = match event.values() {
        Some(values) if route.needs_event(values.map(Any::type_id)) => Some(event.to_envelope()?),
        _ => None,
    };
    let attributes = match &envelope {
        None if route.filtered => event.typed_attributes()?,
        _ => None,
    };
    Ok(Some(Prepared {
        route,
        envelope,
        attributes,
    }))
}

/// Returns what filters look at, or `None` where the route has none.
fn attributes<'a>(
    route: &Route,
    typed: Option<TypedAttributes>,
    event: Option<&'a Event>,
) -> Option<Attributes<'a>> {
    if !route.filtered {
        return None;
    }
    typed
        .map(Attributes::Typed)
        .or(event.map(Attributes::Event))
}

pub(crate) fn dispatch<E: Dispatch>(table: &Table, event: &E) -> Result<Report, DispatchError> {
    let Some(Prepared {
        route,
        envelope,
        attributes: typed,
    }) = prepare(table, event, true)?
    else {
        return Ok(Report::default());
    };
    let envelope = envelope.as_ref().or(event.as_envelope());
    let message = Message::new(event.values(), envelope);
    let attributes = attributes(&route, typed, envelope);
    let mut outcomes = Outcomes::default();
    for (at, handler) in route.handlers.iter().enumerate() {
        if !outcomes.admit(at, handler, attributes.as_ref()) {
            continue;
        }
        let delivery = Delivery::new(&message, handler, table.states());
        // The delivery is not looked at again after a panic.
        let outcome = catch_unwind(AssertUnwindSafe(|| call(handler, &delivery)));
        note(at, outcome, &mut outcomes);
    }
    finish(&route, outcomes)
}

pub(crate) async fn dispatch_async<E: Dispatch>(
    table: Arc<Table>,
    event: &E,
) -> Result<Report, DispatchError> {
    let Some(Prepared {
        route,
        envelope,
        attributes: typed,
    }) = prepare(&table, event, false)?
    else {
        return Ok(Report::default());
    };
    let envelope = envelope.as_ref().or(event.as_envelope());
    let message = Message::new(event.values(), envelope);
    let attributes = attributes(&route, typed, envelope);
    let mut outcomes = Outcomes::default();
    for (at, handler) in route.handlers.iter().enumerate() {
        if !outcomes.admit(at, handler, attributes.as_ref()) {
            continue;
        }
        let delivery = Delivery::new(&message, handler, table.states());
        let outcome = match catch_unwind(AssertUnwindSafe(|| start(handler, &delivery))) {
            Ok(Started::Done(outcome)) => Ok(outcome),
            Ok(Started::Running(future)) => finished(future).await,
            Err(panic) => Err(panic),
        };
        note(at, outcome, &mut outcomes);
    }
    finish(&route, outcomes)
}

fn call(handler: &Handler, delivery: &Delivery<'_>) -> Outcome {
    match &handler.call {
        Call::Sync(call) => call(delivery),
        Call::SyncShared(call) => call(delivery),
        // Routes with async handlers have been refused.
        Call::Async(_) | Call::AsyncShared(_) => Ok(()),
    }
}

enum Started<'a> {
    Done(Outcome),
    Running(OutcomeFuture<'a>),
}

fn start<'a>(handler: &'a Handler, delivery: &'a Delivery<'a>) -> Started<'a> {
    match &handler.call {
        Call::Sync(call) => Started::Done(call(delivery)),
        Call::SyncShared(call) => Started::Done(call(delivery)),
        Call::Async(call) => Started::Running(call(delivery)),
        Call::AsyncShared(call) => Started::Running(call(delivery)),
    }
}

/// Runs a future to its end, or to its panic.
async fn finished(mut future: OutcomeFuture<'_>) -> std::thread::Result<Outcome> {
    poll_fn(|context| {
        // After a panic the future is dropped and not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    })
    .await
}

fn note(at: usize, outcome: std::thread::Result<Outcome>, outcomes: &mut Outcomes) {
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => outcomes.fail(at, failure),
        Err(panic) => outcomes.fail(at, Failure::panic(&*panic)),
    }
}

fn finish(route: &Route, outcomes: Outcomes) -> Result<Report, DispatchError> {
    let failed = outcomes.failed();
    let report = outcomes.into_report(route);
    if failed {
        Err(DispatchError::Failed(report))
    } else {
        Ok(report)
    }
}
