//! Dispatch of the events that handlers return, to a depth.

use std::collections::{HashSet, VecDeque};

use super::decoded::TypedValue;
use super::error::{CascadeError, CascadeErrorKind, DispatchError};
use super::report::{Cascaded, Report};
use super::routing::RoutingTable;
use super::run::{self, Dispatch};
use crate::event::Event;

/// Runs the handlers of an event and of those that they return, none of which may be async.
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
        cascade.record(step, outcome);
    }
    cascade.finish(report)
}

/// Runs the handlers of an event, sync and async ones, and those of the events that they return if the
/// depth is not 0.
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
        cascade.record(step, outcome);
    }
    cascade.finish(report)
}

/// A dispatch whose handlers return events that are dispatched in turn.
struct Cascade {
    depth: usize,
    queue: VecDeque<Step>,
    cascaded: Vec<Cascaded>,
    /// The first event that could not be dispatched.
    stopped: Option<(Vec<String>, CascadeErrorKind)>,
}

/// An event to dispatch.
struct Step {
    event: Event,
    /// The event types from the first event to this one.
    chain: Vec<String>,
}

impl Cascade {
    /// Starts with the outcome of the first event.
    fn new(
        depth: usize,
        ty: &str,
        outcome: Result<Report, DispatchError>,
    ) -> Result<(Self, Report), DispatchError> {
        let report = ran(outcome)?;
        let mut cascade = Self {
            depth,
            queue: VecDeque::new(),
            cascaded: Vec::new(),
            stopped: None,
        };
        cascade.add(&[ty.to_owned()], &report);
        Ok((cascade, report))
    }

    /// Returns the next event that is not too deep.
    fn next(&mut self, table: &RoutingTable) -> Option<Step> {
        loop {
            let step = self.queue.pop_front()?;
            // The dispatched event, which is the first of each chain, has the depth 0.
            if step.chain.len() - 1 <= self.depth {
                return Some(step);
            }
            // Without handlers, it ends here anyway.
            if table.route(step.event.ty()).is_some() {
                self.stop(step.chain, CascadeErrorKind::TooDeep(self.depth));
            }
        }
    }

    /// Records the outcome of an event.
    fn record(&mut self, step: Step, outcome: Result<Report, DispatchError>) {
        match ran(outcome) {
            Ok(report) => {
                self.add(&step.chain, &report);
                let chain = step.chain;
                self.cascaded.push(Cascaded { chain, report });
            }
            Err(error) => self.stop(step.chain, CascadeErrorKind::Refused(Box::new(error))),
        }
    }

    /// Returns the report of all events.
    fn finish(self, mut report: Report) -> Result<Report, DispatchError> {
        report.set_cascaded(self.cascaded);
        match self.stopped {
            Some((chain, kind)) => Err(DispatchError::Cascade(CascadeError::new(
                chain, kind, report,
            ))),
            None => run::checked(report),
        }
    }

    fn add(&mut self, chain: &[String], report: &Report) {
        self.queue.extend(report.events().iter().map(|event| Step {
            chain: [chain, &[event.ty().to_owned()]].concat(),
            event: event.clone(),
        }));
    }

    fn stop(&mut self, chain: Vec<String>, kind: CascadeErrorKind) {
        self.stopped.get_or_insert((chain, kind));
    }
}

/// Returns the report of handlers that ran, some of which may have failed.
fn ran(outcome: Result<Report, DispatchError>) -> Result<Report, DispatchError> {
    match outcome {
        Ok(report) | Err(DispatchError::Failed(report)) => Ok(report),
        Err(error) => Err(error),
    }
}

/// Refuses a sync dispatch if an async handler handles an event that a handler emits.
///
/// Events of unknown types are refused when they are there.
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
