//! Reports: the outcome of each handler of an event.

use std::fmt;
use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::collection::LazyOutgoing;
use super::entry::{HandlerRef, Outcome};
use super::failure::Failure;
use super::handler::Handler;
use super::routing::Route;
use crate::event::Event;
use crate::filter::Filter;
use crate::typed::AttributeSource;

/// The outcome of each handler of an event, in the order in which they ran.
///
/// The report of an event without handlers is empty, which is not an error.
///
/// ```
/// use eventkit::{Event, Registry};
///
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.register("*", |_: &Event| {});
///
/// let event = Event::builder().source("/shop").ty("co.outcome.order.placed").build()?;
/// let report = SHOP.dispatch(&event)?;
/// assert_eq!((report.len(), report.failures().count()), (1, 0));
/// for outcome in report.iter() {
///     println!("{}: {:?}", outcome.handler.name(), outcome.failure);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Report {
    /// `None` if the event has no handlers.
    route: Option<Arc<Route>>,
    /// `None` if all handlers succeeded without sending events.
    details: Option<Box<Details>>,
}

/// The handlers that failed or did not run, by index, and the events of the other handlers.
#[derive(Debug, Default)]
struct Details {
    failures: Vec<(usize, Failure)>,
    filtered: Vec<usize>,
    events: Vec<Event>,
    cascaded: Vec<Cascaded>,
}

impl Details {
    #[cold]
    fn has_failures(&self) -> bool {
        let mut cascaded = self.cascaded.iter();
        !self.failures.is_empty() || cascaded.any(|own| own.report.has_failures())
    }
}

/// The report of an event that a handler returned and that was dispatched too.
///
/// [`Report::cascaded`] lists them.
#[non_exhaustive]
pub struct Cascaded {
    /// The outcome of each handler of this event.
    pub report: Report,
    /// All dispatched events of the cascade. The reports share the list, because separate lists
    /// would grow quadratically with the depth.
    links: Arc<[Link]>,
    at: usize,
}

/// A dispatched event, linked to the event whose handler returned it.
pub(super) struct Link {
    ty: String,
    /// The index of that event, or `None` for the first event.
    parent: Option<usize>,
}

impl Link {
    pub(super) fn new(ty: &str, parent: Option<usize>) -> Self {
        let ty = ty.to_owned();
        Self { ty, parent }
    }

    /// Returns the event types from the first event to the one at an index.
    pub(super) fn chain(links: &[Self], at: usize) -> Vec<&str> {
        let mut chain: Vec<&str> = iter::successors(links.get(at), |link| links.get(link.parent?))
            .map(|link| link.ty.as_str())
            .collect();
        chain.reverse();
        chain
    }
}

impl Cascaded {
    /// Returns the reports of all events after the first one.
    pub(super) fn all(links: Vec<Link>, reports: Vec<Report>) -> Vec<Self> {
        let links: Arc<[Link]> = links.into();
        let numbered = reports.into_iter().enumerate();
        let cascaded = numbered.map(|(index, report)| Self {
            report,
            links: Arc::clone(&links),
            at: index + 1,
        });
        cascaded.collect()
    }

    /// Returns the event types from the dispatched event to this one. Each event after the first was
    /// returned by a handler of the previous one.
    #[must_use]
    pub fn chain(&self) -> Vec<&str> {
        Link::chain(&self.links, self.at)
    }
}

impl fmt::Debug for Cascaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cascaded")
            .field("chain", &self.chain())
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

/// The outcome of one handler in a [`Report`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct HandlerOutcome<'a> {
    /// The handler.
    pub handler: &'a Handler,
    /// The failure, or `None` if the handler succeeded.
    pub failure: Option<&'a Failure>,
    /// The filter that kept the handler from running, because the event did not match it. This
    /// is not a failure.
    pub filtered_by: Option<&'a Filter>,
}

impl Report {
    /// Returns whether a handler of this event or of a cascaded one failed.
    #[inline]
    pub(super) fn has_failures(&self) -> bool {
        self.details.as_deref().is_some_and(Details::has_failures)
    }

    pub(super) fn set_cascaded(&mut self, cascaded: Vec<Cascaded>) {
        if !cascaded.is_empty() {
            self.details.get_or_insert_default().cascaded = cascaded;
        }
    }

    /// Returns this report and the reports of cascaded events.
    pub(super) fn all(&self) -> impl Iterator<Item = &Self> {
        iter::once(self).chain(self.cascaded().iter().map(|own| &own.report))
    }

    /// Returns a line for each handler, including those of cascaded events.
    fn lines(&self) -> Vec<String> {
        let own = self.iter().map(|outcome| outcome.to_string());
        let cascaded = self.cascaded().iter().flat_map(|own| {
            let chain = own.chain().join(" -> ");
            let outcomes = own.report.iter();
            outcomes.map(move |outcome| format!("{chain}: {outcome}"))
        });
        own.chain(cascaded).collect()
    }

    fn handlers(&self) -> &[HandlerRef] {
        let route = self.route.as_ref();
        route.map_or(&[], |route| &route.handlers)
    }

    /// Returns the number of handlers, including those that did not run because of their filter.
    #[must_use]
    pub fn len(&self) -> usize {
        self.handlers().len()
    }

    /// Returns whether the event has no handlers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the outcome of each handler, in the order in which they ran.
    pub fn iter(&self) -> impl Iterator<Item = HandlerOutcome<'_>> {
        let details = self.details.as_deref();
        let (failures, filtered) = details.map_or((&[][..], &[][..]), |details| {
            (&details.failures[..], &details.filtered[..])
        });
        let numbered = self.handlers().iter().enumerate();
        numbered.map(move |(index, handler)| HandlerOutcome {
            handler,
            failure: failures
                .iter()
                .find(|(failed, _)| *failed == index)
                .map(|(_, failure)| failure),
            filtered_by: handler.filter().filter(|_| filtered.contains(&index)),
        })
    }

    /// Returns the events that handlers returned or sent through [`Outgoing`](super::Outgoing), in
    /// the order of the handlers. The events of failed handlers are not included.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        self.details.as_ref().map_or(&[], |details| &details.events)
    }

    /// Returns the reports of cascaded events, if the dispatcher
    /// [cascades](super::DispatcherBuilder::cascade): first those of the [events](Report::events)
    /// of this report, then those of their events, and so on.
    #[must_use]
    pub fn cascaded(&self) -> &[Cascaded] {
        self.details
            .as_ref()
            .map_or(&[], |details| &details.cascaded)
    }

    /// Returns the handlers that did not run because the event did not match their filter.
    pub fn filtered_out(&self) -> impl Iterator<Item = (&Handler, &Filter)> {
        self.iter()
            .filter_map(|outcome| Some((outcome.handler, outcome.filtered_by?)))
    }

    /// Returns the handlers that failed, each with its failure.
    pub fn failures(&self) -> impl Iterator<Item = (&Handler, &Failure)> {
        self.iter()
            .filter_map(|outcome| Some((outcome.handler, outcome.failure?)))
    }
}

impl fmt::Display for Report {
    /// Writes a line for each handler, including those of cascaded events.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no handler");
        }
        f.write_str(&self.lines().join("\n"))
    }
}

/// Writes the lines of [`Display`](fmt::Display) and the events. A failed `unwrap` prints this, and
/// so does a `main` that returns the error of a dispatch.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        let events: Vec<String> = self.events().iter().map(ToString::to_string).collect();
        f.debug_struct("Report")
            .field("handlers", &lines)
            .field("events", &events)
            .finish()
    }
}

impl fmt::Display for HandlerOutcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.handler)?;
        match (self.failure, self.filtered_by) {
            (None, None) => f.write_str("ok"),
            (None, Some(filter)) => write!(f, "filtered out by {filter}"),
            (Some(failure), _) => write!(f, "{failure:#}"),
        }
    }
}

/// A builder for the report of an event, used while its handlers run.
#[derive(Debug, Default)]
pub(super) struct ReportBuilder(Option<Box<Details>>);

impl ReportBuilder {
    #[inline]
    pub(super) fn build(self, route: Arc<Route>) -> Report {
        let (route, details) = (Some(route), self.0);
        Report { route, details }
    }

    /// Returns whether the event matches the filter of a handler, and records the filter if it does
    /// not.
    pub(super) fn check_filter(
        &mut self,
        index: usize,
        handler: &Handler,
        attributes: &impl AttributeSource,
    ) -> bool {
        match matches_filter(handler, attributes) {
            Ok(true) => return true,
            Ok(false) => self.details().filtered.push(index),
            Err(failure) => self.fail(index, failure),
        }
        false
    }

    /// Records the outcome of a handler, and its events if the handler succeeded.
    #[inline]
    pub(super) fn record(
        &mut self,
        index: usize,
        outcome: std::thread::Result<Outcome>,
        outgoing: &LazyOutgoing,
    ) {
        if !matches!(outcome, Ok(Ok(()))) || outgoing.is_used() {
            self.record_details(index, outcome, outgoing);
        }
    }

    #[cold]
    fn record_details(
        &mut self,
        index: usize,
        outcome: std::thread::Result<Outcome>,
        outgoing: &LazyOutgoing,
    ) {
        // Closed after failures too, because the handler may have kept the collection.
        let events = outgoing.close();
        match into_result(outcome) {
            Ok(()) => self.details().events.extend(events),
            Err(failure) => self.fail(index, failure),
        }
    }

    fn fail(&mut self, index: usize, failure: Failure) {
        self.details().failures.push((index, failure));
    }

    fn details(&mut self) -> &mut Details {
        self.0.get_or_insert_default()
    }
}

/// Returns whether an event matches the filter of a handler. A filter function may panic.
pub(super) fn matches_filter(
    handler: &Handler,
    attributes: &impl AttributeSource,
) -> Result<bool, Failure> {
    catch_unwind(AssertUnwindSafe(|| handler.matches_filter(attributes)))
        .unwrap_or_else(|panic| Err(Failure::panic(&*panic)))
}

/// Returns the outcome of a handler that returned or panicked.
pub(super) fn into_result(outcome: std::thread::Result<Outcome>) -> Result<(), Failure> {
    match outcome {
        Ok(outcome) => outcome.map_err(|failure| *failure),
        Err(panic) => Err(Failure::panic(&*panic)),
    }
}
