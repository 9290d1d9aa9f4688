//! The configuration of a row, and the expected result of its events.

use std::time::Duration;

use crate::broker_config::BrokerKind;
use crate::events::Kind;
use crate::handlers::HANDLERS;
use crate::worker::{CONCURRENCY, WorkerConfig};

/// The configuration of a row.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// The number of events.
    pub(crate) events: u64,
    /// The kind of message for a number, by that number and the number of events.
    pub(crate) kind: fn(u64, u64) -> Kind,
    /// The expected result of a handler for an event.
    pub(crate) fate: fn(&str, u64, Kind) -> Fate,
    pub(crate) broker: BrokerKind,
    /// The number of servers. More than one form a cluster.
    pub(crate) servers: usize,
    /// Whether the fault is one of the broker itself, which no other row may use then.
    pub(crate) harms_broker: bool,
    pub(crate) worker: WorkerConfig,
}

/// The expected result of a handler for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The event is handled.
    Done,
    /// The event becomes a dead letter.
    Dead,
    /// The event may be handled or not.
    Open,
}

impl Fate {
    /// Returns the expected result in rows without special events.
    pub(crate) fn by_kind(_: &str, _: u64, kind: Kind) -> Self {
        match kind {
            Kind::Weighed(_) | Kind::Sorted(_) => Self::Done,
            Kind::NotAnEvent | Kind::OtherData => Self::Dead,
        }
    }
}

impl Setup {
    pub(crate) fn new(broker: BrokerKind, events: u64) -> Self {
        Self {
            events,
            kind: Kind::healthy,
            fate: Fate::by_kind,
            broker,
            servers: 1,
            harms_broker: false,
            worker: WorkerConfig::default(),
        }
    }

    /// Sets the duration of the handlers so that one worker needs the given time.
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

    /// Returns the pairs of handler and event with an expected result.
    pub(crate) fn pairs(&self, fate: Fate) -> impl Iterator<Item = (&'static str, u64)> {
        let of = |handler| (0..self.events).map(move |number| (handler, number));
        let pairs = HANDLERS.into_iter().flat_map(of);
        pairs.filter(move |(handler, number)| self.fate_of(handler, *number) == fate)
    }
}
