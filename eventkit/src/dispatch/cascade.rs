//! Dispatch of the events that handlers return, up to a depth.

use std::collections::{HashSet, VecDeque};

use super::decoded::TypedValue;
use super::error::{CascadeError, CascadeErrorKind, DispatchError};
use super::report::{Cascaded, Link, Report};
use super::routing::RoutingTable;
use super::run::{self, Dispatch};
use crate::event::Event;

/// Dispatches an event and the events that its handlers return. None of the handlers may be async.
pub(super) fn dispatch(
    table: &RoutingTable,
    event: &dyn Dispatch,
    typed: Option<TypedValue<'_>>,
    depth: usize,
) -> Result<Report, DispatchError> {
    let ty = event.wire_type();
    check_sync(table, depth, ty)?;
    let outcome = run::dispatch(table, event, typed);
    let (mut cascade, report) = Cascade::new(depth, ty, outcome)?;
    while let Some(step) = cascade.next(table) {
        let outcome = run::dispatch(table, &step.event, None);
        cascade.record(&step, outcome);
    }
    cascade.finish(report)
}

/// Dispatches an event to sync and async handlers. Unless the depth is 0, the events that they
/// return are dispatched too.
pub(super) async fn dispatch_async(
    table: &RoutingTable,
    event: &dyn Dispatch,
    depth: usize,
) -> Result<Report, DispatchError> {
    let outcome = run::dispatch_async(table, event).await;
    if depth == 0 {
        return outcome;
    }
    let (mut cascade, report) = Cascade::new(depth, event.wire_type(), outcome)?;
    while let Some(step) = cascade.next(table) {
        let outcome = run::dispatch_async(table, &step.event).await;
        cascade.record(&step, outcome);
    }
    cascade.finish(report)
}

/// A dispatch that includes the events that handlers return.
struct Cascade {
    depth: usize,
    queue: VecDeque<Step>,
    /// All dispatched events, starting with the first one.
    links: Vec<Link>,
    /// The reports of the events after the first one.
    reports: Vec<Report>,
    /// The event types that lead to the first event that could not be dispatched, and the reason.
    stopped: Option<(Vec<String>, CascadeErrorKind)>,
}

/// An event that is still to be dispatched.
struct Step {
    event: Event,
    /// The index of the event whose handler returned it.
    parent: usize,
    /// The number of events between the first event and this one, counting the first.
    depth: usize,
}

impl Cascade {
    /// Starts a cascade with the outcome of the first event.
    fn new(
        depth: usize,
        ty: &str,
        outcome: Result<Report, DispatchError>,
    ) -> Result<(Self, Report), DispatchError> {
        let report = ran(outcome)?;
        let mut cascade = Self {
            depth,
            queue: VecDeque::new(),
            links: vec![Link::new(ty, None)],
            reports: Vec::new(),
            stopped: None,
        };
        cascade.add(1, &report);
        Ok((cascade, report))
    }

    /// Returns the next event within the depth.
    fn next(&mut self, table: &RoutingTable) -> Option<Step> {
        loop {
            let step = self.queue.pop_front()?;
            if step.depth <= self.depth {
                return Some(step);
            }
            // An event without handlers ends the cascade, so it does not exceed the depth.
            if table.route(step.event.ty()).is_some() {
                self.stop(&step, CascadeErrorKind::TooDeep(self.depth));
            }
        }
    }

    /// Records the outcome of an event.
    fn record(&mut self, step: &Step, outcome: Result<Report, DispatchError>) {
        match ran(outcome) {
            Ok(report) => {
                let link = Link::new(step.event.ty(), Some(step.parent));
                self.links.push(link);
                self.add(step.depth.saturating_add(1), &report);
                self.reports.push(report);
            }
            Err(error) => self.stop(step, CascadeErrorKind::Refused(Box::new(error))),
        }
    }

    /// Returns the report of the first event with those of all others.
    fn finish(self, mut report: Report) -> Result<Report, DispatchError> {
        report.set_cascaded(Cascaded::all(self.links, self.reports));
        match self.stopped {
            Some((chain, kind)) => Err(DispatchError::Cascade(CascadeError::new(
                chain, kind, report,
            ))),
            None => run::checked(report),
        }
    }

    /// Queues the events of the report of the last event.
    fn add(&mut self, depth: usize, report: &Report) {
        let parent = self.links.len() - 1;
        self.queue.extend(report.events().iter().map(|event| Step {
            event: event.clone(),
            parent,
            depth,
        }));
    }

    /// Records the reason why an event was not dispatched, unless an earlier event has one.
    fn stop(&mut self, step: &Step, kind: CascadeErrorKind) {
        if self.stopped.is_none() {
            let chain = Link::chain(&self.links, step.parent).into_iter();
            let chain = chain.chain([step.event.ty()]).map(str::to_owned);
            self.stopped = Some((chain.collect(), kind));
        }
    }
}

/// Returns the report of a dispatch whose handlers ran, even if some of them failed.
fn ran(outcome: Result<Report, DispatchError>) -> Result<Report, DispatchError> {
    match outcome {
        Ok(report) | Err(DispatchError::Failed(report)) => Ok(report),
        Err(error) => Err(error),
    }
}

/// Returns an error if a handler emits an event for an async handler, in a sync dispatch.
///
/// Events whose types are unknown before the dispatch are checked when handlers return them.
fn check_sync(table: &RoutingTable, depth: usize, ty: &str) -> Result<(), DispatchError> {
    let mut seen = HashSet::from([ty.to_owned()]);
    let mut types = vec![ty.to_owned()];
    for _ in 0..depth {
        if types.is_empty() {
            break;
        }
        let routes = types.iter().filter_map(|ty| table.route(ty));
        let emitted = routes.flat_map(|route| {
            let emitted = route.handlers.iter().flat_map(|handler| handler.emits());
            emitted.collect::<Vec<_>>()
        });
        types = emitted
            .map(str::to_owned)
            .filter(|ty| seen.insert(ty.clone()))
            .collect();
        for ty in &types {
            if let Some(route) = table.route(ty)
                && let Some(handler) = route.first_async()
            {
                return Err(DispatchError::AsyncHandler {
                    handler: handler.to_string(),
                    ty: ty.clone(),
                });
            }
        }
    }
    Ok(())
}
