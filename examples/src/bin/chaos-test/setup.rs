//! What a row starts with, and what is to come of its events.

use std::time::Duration;

use crate::events::Kind;
use crate::handlers::HANDLERS;
use crate::worker::{CONCURRENCY, WorkerConfig};

/// What a row starts with.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// The number of events.
    pub(crate) events: u64,
    /// What is published under each number, by the number and the number of events.
    pub(crate) kind: fn(u64, u64) -> Kind,
    /// What is to come of the work of a handler on an event.
    pub(crate) fate: fn(&str, u64, Kind) -> Fate,
    /// The number of servers; more than one are a cluster.
    pub(crate) servers: usize,
    pub(crate) worker: WorkerConfig,
}

/// What is to come of the work of one handler on one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is done.
    Done,
    /// It ends in a dead letter.
    Dead,
    /// It may be done or left out.
    Open,
}

impl Fate {
    /// Returns the fate in rows without anything particular.
    pub(crate) fn by_kind(_: &str, _: u64, kind: Kind) -> Self {
        match kind {
            Kind::Weighed(_) | Kind::Sorted(_) => Self::Done,
            Kind::NotAnEvent | Kind::OtherData => Self::Dead,
        }
    }
}

impl Setup {
    pub(crate) fn new(events: u64) -> Self {
        Self {
            events,
            kind: Kind::healthy,
            fate: Fate::by_kind,
            servers: 1,
            worker: WorkerConfig::default(),
        }
    }

    /// Lets the handlers take as long as one worker needs to work for a time.
    pub(crate) fn lasting(&mut self, time: Duration) {
        let events = u32::try_from(self.events).unwrap_or(u32::MAX);
        let takes = time * u32::from(CONCURRENCY) / events;
        self.worker.behaviour.invoice_takes = takes;
        self.worker.behaviour.label_takes = takes;
    }

    pub(crate) fn kind_of(&self, number: u64) -> Kind {
        (self.kind)(number, self.events)
    }

    pub(crate) fn fate_of(&self, handler: &str, number: u64) -> Fate {
        (self.fate)(handler, number, self.kind_of(number))
    }

    /// Returns the pairs of handler and event with a fate.
    pub(crate) fn pairs(&self, fate: Fate) -> impl Iterator<Item = (&'static str, u64)> {
        let of = |handler| (0..self.events).map(move |number| (handler, number));
        let pairs = HANDLERS.into_iter().flat_map(of);
        pairs.filter(move |(handler, number)| self.fate_of(handler, *number) == fate)
    }
}
