//! Runs the handlers of an event, one after another, each on its own.

use std::borrow::Cow;

use super::decoded::{DecodedEvent, TypedValue};
use super::error::DispatchError;
use super::invocation::Invocation;
use super::report::{Report, ReportBuilder};
use super::routing::{Route, RoutingTable};
use super::state::StateMap;
use crate::error::EncodeError;
use crate::event::Event;
use crate::typed::{CloudEvent, TypedAttributes};

/// A value that can be dispatched: an [`Event`] or a value of an event type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be dispatched",
    label = "neither an `Event` nor an event type",
    note = "add `#[derive(CloudEvent)]` and `#[cloudevent(type = \"..\")]` to `{Self}`"
)]
pub trait Dispatch: Sync {
    /// Returns the event type.
    #[doc(hidden)]
    fn wire_type(&self) -> &str;

    /// Returns the typed value, or `None` if this is an envelope.
    #[doc(hidden)]
    fn typed_value(&self) -> Option<TypedValue<'_>>;

    /// Returns the envelope, or `None` if this is a typed value.
    #[doc(hidden)]
    fn as_envelope(&self) -> Option<&Event>;

    /// Returns a new envelope.
    #[doc(hidden)]
    fn to_envelope(&self) -> Result<Event, EncodeError>;

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

    fn typed_value(&self) -> Option<TypedValue<'_>> {
        Some(TypedValue::new(self))
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

/// Runs the handlers of an event, none of which may be async.
pub(super) fn dispatch(
    table: &RoutingTable,
    event: &dyn Dispatch,
) -> Result<Report, DispatchError> {
    match Execution::prepare(table, event, true)? {
        Some(execution) => execution.run(),
        None => Ok(Report::default()),
    }
}

/// Runs the handlers of an event, sync and async ones.
pub(super) async fn dispatch_async(
    table: &RoutingTable,
    event: &dyn Dispatch,
) -> Result<Report, DispatchError> {
    match Execution::prepare(table, event, false)? {
        Some(execution) => execution.run_async().await,
        None => Ok(Report::default()),
    }
}

/// An event with its handlers, each of which can run.
struct Execution<'a> {
    route: Cow<'a, Route>,
    states: &'a StateMap,
    event: DecodedEvent<'a>,
}

impl<'a> Execution<'a> {
    /// Finds the handlers of an event, and makes its envelope if one of them needs it.
    ///
    /// Returns `None` if the event has no handlers.
    #[inline]
    fn prepare(
        table: &'a RoutingTable,
        event: &'a dyn Dispatch,
        sync: bool,
    ) -> Result<Option<Self>, DispatchError> {
        let typed = event.typed_value();
        let route = match typed.and_then(|typed| table.typed_route((*typed.payload).type_id())) {
            Some(route) => Cow::Borrowed(route),
            None => match table.route(event.wire_type()) {
                Some(route) => route,
                None => return Ok(None),
            },
        };
        check(&route, event, sync)?;
        let mut decoded = DecodedEvent::new(typed, event.as_envelope());
        if let Some(typed) = typed {
            if route.needs_event(typed) {
                decoded.set_envelope(event.to_envelope()?);
            } else if route.filtered {
                decoded.set_attributes(event.typed_attributes()?);
            }
        }
        Ok(Some(Self {
            route,
            states: table.states(),
            event: decoded,
        }))
    }

    fn run(&self) -> Result<Report, DispatchError> {
        let mut report = ReportBuilder::default();
        for (index, handler) in self.route.handlers.iter().enumerate() {
            if !handler.has_filter() || report.check_filter(index, handler, &self.event) {
                let invocation = Invocation::new(&self.event, handler, self.states);
                report.record(index, handler.entry().run(&invocation));
            }
        }
        self.finish(report)
    }

    async fn run_async(&self) -> Result<Report, DispatchError> {
        let mut report = ReportBuilder::default();
        for (index, handler) in self.route.handlers.iter().enumerate() {
            if !handler.has_filter() || report.check_filter(index, handler, &self.event) {
                let invocation = Invocation::new(&self.event, handler, self.states);
                report.record(index, handler.entry().run_async(&invocation).await);
            }
        }
        self.finish(report)
    }

    fn finish(&self, report: ReportBuilder) -> Result<Report, DispatchError> {
        let report = report.build(self.route.handlers.clone());
        if report.has_failures() {
            return Err(DispatchError::Failed(report));
        }
        Ok(report)
    }
}

/// Refuses a dispatch before the first handler runs if a later one cannot run.
fn check(route: &Route, event: &dyn Dispatch, sync: bool) -> Result<(), DispatchError> {
    if let Some(handler) = route.first_async().filter(|_| sync) {
        return Err(DispatchError::AsyncHandler {
            handler: handler.to_string(),
            ty: event.wire_type().to_owned(),
        });
    }
    match route.missing_state() {
        None => Ok(()),
        Some((handler, state)) => Err(DispatchError::MissingState {
            handler: handler.to_string(),
            state,
        }),
    }
}
