//! The loops that run the handlers of an event one after another.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::collection::{CloseOnDrop, LazyOutgoing};
use super::decoded::{DecodedEvent, TypedValue};
use super::entry::Outcome;
use super::error::DispatchError;
use super::invocation::Invocation;
use super::report::{Report, ReportBuilder};
use super::routing::{Refusal, Route, RoutingTable, TwoTypes};
use super::state::StateMap;
use super::unit_run;
use crate::error::EncodeError;
use crate::event::Event;
use crate::typed::{CloudEvent, ToEvent, TypedAttributes};

/// A value that can be dispatched: an [`Event`] or a value of an event type.
///
/// This trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be dispatched",
    label = "neither an `Event` nor an event type",
    note = "add `#[derive(CloudEvent)]` and `#[cloudevent(type = \"..\")]` to `{Self}`"
)]
pub trait Dispatch: ToEvent {
    /// Returns the event type.
    #[doc(hidden)]
    fn wire_type(&self) -> &str;

    /// Returns the typed value, or `None` for an envelope.
    #[doc(hidden)]
    fn typed_value(&self) -> Option<TypedValue<'_>>;

    /// Returns the envelope, or `None` for a typed value.
    #[doc(hidden)]
    fn as_envelope(&self) -> Option<&Event>;

    /// Returns the attributes of a typed value, without encoding its data.
    #[doc(hidden)]
    fn typed_attributes(&self) -> Result<Option<TypedAttributes>, EncodeError>;
}

impl Dispatch for Event {
    fn wire_type(&self) -> &str {
        self.ty()
    }

    fn typed_value(&self) -> Option<TypedValue<'_>> {
        None
    }

    fn as_envelope(&self) -> Option<&Event> {
        Some(self)
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

    fn typed_value(&self) -> Option<TypedValue<'_>> {
        Some(TypedValue::new(self))
    }

    fn as_envelope(&self) -> Option<&Event> {
        None
    }

    fn typed_attributes(&self) -> Result<Option<TypedAttributes>, EncodeError> {
        self.attributes().map(Some)
    }
}

/// Runs the handlers of an event. None of them may be async.
pub(super) fn dispatch(
    table: &RoutingTable,
    event: &dyn Dispatch,
    typed: Option<TypedValue<'_>>,
) -> Result<Report, DispatchError> {
    let Some(route) = find_route(table, event, typed) else {
        return Ok(Report::default());
    };
    check(&route, event, true)?;
    let made = Made::new(&route, event, typed)?;
    let report = Execution::new(table, &route, event, typed, made.as_ref()).run();
    finish(report, route)
}

/// Runs the sync and async handlers of an event.
pub(super) async fn dispatch_async(
    table: &RoutingTable,
    event: &dyn Dispatch,
) -> Result<Report, DispatchError> {
    let typed = event.typed_value();
    let Some(route) = find_route(table, event, typed) else {
        return Ok(Report::default());
    };
    check(&route, event, false)?;
    let made = Made::new(&route, event, typed)?;
    let execution = Execution::new(table, &route, event, typed, made.as_ref());
    let report = execution.run_async().await;
    drop(execution);
    finish(report, route)
}

/// Returns the handlers of an event, or `None` if it has none.
#[inline]
fn find_route(
    table: &RoutingTable,
    event: &dyn Dispatch,
    typed: Option<TypedValue<'_>>,
) -> Option<Arc<Route>> {
    let known = typed.and_then(|typed| table.typed_route(typed.payload_type));
    known.or_else(|| table.route(event.wire_type()))
}

/// Returns an error before the first handler runs if any handler cannot run.
#[inline]
fn check(route: &Route, event: &dyn Dispatch, sync: bool) -> Result<(), DispatchError> {
    if route.may_run() && !(sync && route.first_async().is_some()) {
        return Ok(());
    }
    refuse(route, event, sync)
}

#[cold]
#[inline(never)]
fn refuse(route: &Route, event: &dyn Dispatch, sync: bool) -> Result<(), DispatchError> {
    if let Some(handler) = route.first_async().filter(|_| sync) {
        return Err(DispatchError::AsyncHandler {
            handler: handler.to_string(),
            ty: event.wire_type().to_owned(),
        });
    }
    match route.refusal() {
        None => Ok(()),
        Some(Refusal::MissingState(index, state)) => Err(DispatchError::MissingState {
            handler: route.handlers[*index].to_string(),
            state,
        }),
        Some(Refusal::TwoTypes(TwoTypes { ty, first, second })) => Err(DispatchError::TwoTypes {
            ty: ty.clone(),
            first,
            second,
        }),
    }
}

/// The parts of an event that handlers and filters need in addition to a typed value.
enum Made {
    /// The envelope, if a handler or a filter needs it.
    Envelope(Event),
    /// The attributes for filters.
    Attributes(TypedAttributes),
}

impl Made {
    #[inline]
    fn new(
        route: &Route,
        event: &dyn Dispatch,
        typed: Option<TypedValue<'_>>,
    ) -> Result<Option<Self>, DispatchError> {
        match typed {
            Some(typed) if !route.takes_value_only(typed) => Self::make(route, event, typed),
            _ => Ok(None),
        }
    }

    #[inline(never)]
    fn make(
        route: &Route,
        event: &dyn Dispatch,
        typed: TypedValue<'_>,
    ) -> Result<Option<Self>, DispatchError> {
        if let Some(handler) = route.first_without_clone(typed) {
            return Err(DispatchError::NotClone {
                handler: handler.to_string(),
                ty: event.wire_type().to_owned(),
            });
        }
        if route.needs_event(typed) {
            let envelope = event.to_event_cow()?.into_owned();
            return Ok(Some(Self::Envelope(envelope)));
        }
        if route.filtered {
            return Ok(event.typed_attributes()?.map(Self::Attributes));
        }
        Ok(None)
    }
}

/// An event and its handlers, all of which can run.
struct Execution<'a> {
    route: &'a Route,
    states: &'a StateMap,
    event: DecodedEvent<'a>,
}

impl<'a> Execution<'a> {
    #[inline]
    fn new(
        table: &'a RoutingTable,
        route: &'a Route,
        event: &'a dyn Dispatch,
        typed: Option<TypedValue<'a>>,
        made: Option<&'a Made>,
    ) -> Self {
        let (envelope, attributes) = match made {
            Some(Made::Envelope(event)) => (Some(event), None),
            Some(Made::Attributes(attributes)) => (None, Some(attributes)),
            None if typed.is_some() => (None, None),
            None => (event.as_envelope(), None),
        };
        Self {
            route,
            states: table.states(),
            event: match envelope {
                Some(envelope) if typed.is_none() && route.handlers.len() == 1 => {
                    DecodedEvent::of_one_handler(envelope)
                }
                _ => DecodedEvent::new(typed, envelope, attributes),
            },
        }
    }

    #[inline]
    fn run(&self) -> ReportBuilder {
        let mut report = ReportBuilder::default();
        let mut next = 0;
        loop {
            let outgoing = LazyOutgoing::default();
            // One `catch_unwind` covers all handlers, until one of them fails, panics or sends an
            // event.
            let run = AssertUnwindSafe(|| self.run_from(&mut next, &mut report, &outgoing));
            match catch_unwind(run) {
                Ok(Ok(())) if !outgoing.is_used() => {
                    // It is empty, and checking that when it is dropped would cost as much as a
                    // handler.
                    mem::forget(outgoing);
                    return report;
                }
                outcome => report.record(next - 1, outcome, &outgoing),
            }
        }
    }

    /// Runs the handlers from `next` on, until one of them fails or sends an event.
    #[inline]
    fn run_from(
        &self,
        next: &mut usize,
        report: &mut ReportBuilder,
        outgoing: &LazyOutgoing,
    ) -> Outcome {
        let shared = Invocation::without_context(&self.event, self.states, outgoing);
        for handler in &self.route.handlers[*next..] {
            let (index, entry) = (*next, handler.entry());
            *next += 1;
            if self.route.filtered && !report.check_filter(index, entry, &self.event) {
                continue;
            }
            if self.event.envelope().is_none() {
                entry.call(&shared)?;
            } else {
                entry.call(&Invocation::new(&self.event, entry, self.states, outgoing))?;
            }
            if outgoing.is_used() {
                break;
            }
        }
        Ok(())
    }

    async fn run_async(&self) -> ReportBuilder {
        let mut report = ReportBuilder::default();
        for (index, handler) in self.route.handlers.iter().enumerate() {
            if !self.route.filtered || report.check_filter(index, handler, &self.event) {
                let outgoing = LazyOutgoing::default();
                let _closing = CloseOnDrop(&outgoing);
                let outcome = if let Some(store) = self.route.store_of(index, self.states) {
                    let entry = handler.entry();
                    let running = unit_run::run(store, entry, &self.event, self.states, &outgoing);
                    // Boxed, because units of work are rare and would enlarge the future of every
                    // dispatch.
                    Box::pin(running).await
                } else {
                    let invocation = Invocation::new(&self.event, handler, self.states, &outgoing);
                    handler.entry().run_async(&invocation).await
                };
                report.record(index, outcome, &outgoing);
            }
        }
        report
    }
}

#[inline]
fn finish(report: ReportBuilder, route: Arc<Route>) -> Result<Report, DispatchError> {
    checked(report.build(route))
}

/// Returns an error if a handler failed.
#[inline]
pub(super) fn checked(report: Report) -> Result<Report, DispatchError> {
    if report.has_failures() {
        return Err(DispatchError::Failed(report));
    }
    Ok(report)
}
