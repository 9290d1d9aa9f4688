//! One handler on one transport: what its messages are handled with.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use super::at_once::poll_once;
use super::breaker::Breaker;
use super::health::{Phase, Vitals};
use super::inbox::Inbox;
use super::layer::HandlerService;
use super::ledger::Ledger;
use super::letter::{self, LetterBox};
use super::names;
use super::rules::{Policies, Rules};
use super::turns::{Key, Turn, Turns};
use crate::__private::service::{BoundHandler, OrderKey};
use crate::event::{AttributeValue, Event};
use crate::transport::{Incoming, Publisher, RawMessage, Subscription, Transport};

/// How many messages are always taken: were it more, a slow handler would keep more of them from
/// another process that has nothing to do.
const FEW: usize = 4;

/// What holds for all handlers of a service.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) service: String,
    pub(super) ack_wait: Duration,
    pub(super) policies: Policies,
    pub(super) inbox: Option<Arc<dyn Inbox>>,
    /// What stands around every handler, where something does.
    pub(super) layers: Option<HandlerService>,
}

/// One handler, whatever its transports are.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) single: BoundHandler,
    pub(super) durable: Arc<str>,
    pub(super) rules: Rules,
    pub(super) permits: Semaphore,
    pub(super) breaker: Option<Breaker>,
    pub(super) ledger: Mutex<Ledger>,
}

/// A worker on one transport.
pub(super) struct Lane {
    pub(super) worker: Arc<Worker>,
    pub(super) settings: Arc<Settings>,
    pub(super) transport: Arc<dyn Transport>,
    /// Where the events of outboxes go.
    pub(super) publisher: Arc<dyn Publisher>,
    pub(super) letters: LetterBox,
    pub(super) vitals: Arc<Vitals>,
    pub(super) phase: watch::Receiver<Phase>,
}

impl Worker {
    pub(super) fn new(single: BoundHandler, settings: &Settings) -> Self {
        let handler = single.handler();
        let rules = settings.policies.rules(handler.policy(), None);
        Self {
            durable: names::durable(&settings.service, handler).into(),
            permits: Semaphore::new(rules.concurrency.min(Semaphore::MAX_PERMITS)),
            breaker: rules
                .breaker
                .map(|(failures, pause)| Breaker::new(failures, pause)),
            ledger: Mutex::default(),
            rules,
            single,
        }
    }

    /// Calls a function with what is known of events that failed.
    pub(super) fn ledger<T>(&self, look: impl FnOnce(&mut Ledger) -> T) -> T {
        look(&mut self.ledger.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the turn of a message. One without an order waits for itself: it comes again while it
    /// is worked on where the connection that it came over is lost.
    pub(super) fn turn(&self, turns: &Arc<Turns>, incoming: &Incoming) -> Turn {
        let Ok(event) = &incoming.event else {
            return turns.next(None);
        };
        let order = self.rules.key.and_then(|key| self.order(key, event));
        let itself = Key::Event(event.source(), event.id());
        turns.next(Some(order.as_deref().map_or(itself, Key::Order)))
    }

    fn order(&self, key: OrderKey, event: &Event) -> Option<String> {
        // A function of the program's may panic; the event then has no order.
        catch_unwind(AssertUnwindSafe(|| key.of(event))).unwrap_or_else(|_| {
            let handler = self.single.handler().name();
            tracing::error!(
                handler,
                id = event.id(),
                "the function for the key panicked"
            );
            None
        })
    }

    /// Returns whether an event is meant for the handler, and takes the mark of a replay off it.
    pub(super) fn is_meant(&self, event: &mut Event) -> bool {
        // Most events have no extensions, and so no marks.
        (event.extensions().is_empty() || self.marks_admit(event))
            && self.single.handler().handles(event.ty())
    }

    /// Returns whether neither a replay nor a dead letter is meant for others.
    fn marks_admit(&self, event: &mut Event) -> bool {
        let to_this = |value: &AttributeValue| value.to_text() == *self.durable;
        match event.extension(letter::REPLAY).map(to_this) {
            Some(to_this) => to_this && event.remove_extension(letter::REPLAY).is_some(),
            // Patterns as wide as `*` stand for the places of dead letters too.
            None => event.extension(letter::HANDLER).is_none(),
        }
    }

    /// Returns whether a message that is no event is meant for the handler.
    pub(super) fn is_meant_raw(&self, message: &mut RawMessage) -> bool {
        let is = |name: &str, own: &str| name.eq_ignore_ascii_case(own);
        let replayed = message
            .headers
            .iter()
            .position(|(name, _)| is(name, letter::REPLAY));
        if let Some(at) = replayed {
            return message.headers.remove(at).1 == *self.durable;
        }
        let mut names = message.headers.iter();
        !names.any(|(name, _)| is(name, letter::HANDLER))
    }
}

impl Lane {
    /// Makes the subscription: the types of the handler, and the place from which dead letters
    /// come back to it alone.
    ///
    /// A few more messages than can run are taken, so that none of them is waited for while those
    /// before are acknowledged; with a key some more, so that one that is slow leaves others to run.
    pub(super) fn subscription(&self) -> Subscription {
        let worker = &self.worker;
        let own = worker.single.handler().patterns().map(str::to_owned);
        let replay = names::replay_place(&worker.durable);
        let mut subscription = Subscription::new(&*worker.durable, own.chain([replay]));
        subscription.ack_wait = self.settings.ack_wait;
        let ahead = if worker.rules.key.is_some() { 4 } else { 2 };
        subscription.in_flight = worker.rules.concurrency.saturating_mul(ahead).max(FEW);
        subscription
    }

    /// Returns whether the service takes and begins nothing any more.
    pub(super) fn is_draining(&self) -> bool {
        // The first phase is the one that has been seen; without a sender there is no service.
        self.phase.has_changed().unwrap_or(true)
    }

    /// Waits until the service has come to a phase.
    pub(super) async fn reached(&self, phase: Phase) {
        let mut own = self.phase.clone();
        // Where the sender is gone, so is the service.
        let _ = own.wait_for(|now| *now >= phase).await;
    }

    /// Does something, unless the service drains before it is done.
    pub(super) async fn unless_draining<F: Future>(
        &self,
        mut work: Pin<&mut F>,
    ) -> Option<F::Output> {
        if self.is_draining() {
            return None;
        }
        if let Poll::Ready(output) = poll_once(work.as_mut()).await {
            return Some(output);
        }
        tokio::select! {
            biased;
            () = self.reached(Phase::Draining) => None,
            output = work => Some(output),
        }
    }
}
