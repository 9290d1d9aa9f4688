//! Analysis of the events that handlers emit: events without handlers, and cycles.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;

use super::entry::HandlerRef;

/// An event type that a handler emits.
///
/// [`RegistryReport`](crate::RegistryReport) lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Emission {
    /// The handler and its location.
    pub handler: String,
    /// The event type.
    pub ty: String,
}

impl Emission {
    fn new(handler: &HandlerRef, ty: &str) -> Self {
        Self {
            handler: handler.to_string(),
            ty: ty.to_owned(),
        }
    }
}

/// A cycle of handlers in which each handler emits an event that the next one handles.
///
/// The cycle may end at run time, because a handler need not emit all that it declares.
///
/// [`RegistryReport`](crate::RegistryReport) lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmissionCycle {
    /// The emissions. Each handler emits an event for the next one, and the last for the first.
    pub emissions: Vec<Emission>,
}

impl fmt::Display for EmissionCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Emission { handler, ty } in &self.emissions {
            write!(f, "{handler} emits {ty:?} -> ")?;
        }
        let first = self.emissions.first();
        let first = first.map_or("", |emission| &emission.handler);
        f.write_str(first)
    }
}

/// Returns the emitted event types that no handler handles.
pub(super) fn unhandled(handlers: &[HandlerRef]) -> Vec<Emission> {
    let is_handled = |ty: &str| handlers.iter().any(|handler| handler.handles(ty));
    let emissions = handlers.iter().flat_map(|handler| {
        let unhandled = handler.emits().filter(|ty| *ty != "*" && !is_handled(ty));
        unhandled.map(|ty| Emission::new(handler, ty))
    });
    emissions.collect()
}

/// Returns cycles, starting from each handler that is not yet part of one. Emissions of unknown
/// types are ignored.
pub(super) fn cycles(handlers: &[HandlerRef]) -> Vec<EmissionCycle> {
    let next: Vec<Vec<Edge>> = handlers
        .iter()
        .map(|handler| edges(handler, handlers))
        .collect();
    let mut covered = HashSet::new();
    let mut cycles = Vec::new();
    for first in 0..handlers.len() {
        if covered.contains(&first) {
            continue;
        }
        let Some(cycle) = shortest_cycle(first, &next) else {
            continue;
        };
        covered.extend(cycle.iter().map(|(handler, _)| *handler));
        let emissions = cycle
            .into_iter()
            .map(|(handler, ty)| Emission::new(&handlers[handler], ty));
        cycles.push(EmissionCycle {
            emissions: emissions.collect(),
        });
    }
    cycles
}

/// An emitted event type, and the index of a handler that handles it.
type Edge = (&'static str, usize);

fn edges(handler: &HandlerRef, handlers: &[HandlerRef]) -> Vec<Edge> {
    let emitted = handler.emits().filter(|ty| *ty != "*");
    let edges = emitted.flat_map(|ty| {
        let numbered = handlers.iter().enumerate();
        numbered.filter_map(move |(index, next)| next.handles(ty).then_some((ty, index)))
    });
    edges.collect()
}

/// Returns the shortest path from a handler back to itself: handlers, each with the event type that
/// leads to the next one.
fn shortest_cycle(first: usize, next: &[Vec<Edge>]) -> Option<Vec<(usize, &'static str)>> {
    // The handler and the event type from which each handler was first reached.
    let mut reached: HashMap<usize, (usize, &'static str)> = HashMap::new();
    let mut queue = VecDeque::from([first]);
    while let Some(handler) = queue.pop_front() {
        for (ty, to) in &next[handler] {
            if *to == first {
                let mut steps = vec![(handler, *ty)];
                let mut at = handler;
                while at != first {
                    let (from, ty) = reached[&at];
                    steps.push((from, ty));
                    at = from;
                }
                steps.reverse();
                return Some(steps);
            }
            if !reached.contains_key(to) {
                reached.insert(*to, (handler, ty));
                queue.push_back(*to);
            }
        }
    }
    None
}
