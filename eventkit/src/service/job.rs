//! One message, from its arrival until it is settled.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::SemaphorePermit;
use tokio::time::sleep;
use tracing::Instrument;

use super::breaker::{Change, Pass};
use super::call::{self, Called};
use super::health::{Counts, SubscriptionState};
use super::inbox::InboxKey;
use super::lane::Lane;
use super::ledger::Ledger;
use super::letter::Facts;
use super::rules::{Rules, Verdict, is_of_the_event};
use super::settling::{End, finish, keep_alive};
use super::turns::Turn;
use crate::dispatch::Failure;
use crate::event::{Event, Timestamp};
use crate::extension::{Extension, TraceParent};
use crate::transport::{
    Incoming, MessageInfo, RawMessage, TransportError, TransportErrorKind, Undecodable, backoff,
};

/// The first and the longest delay of an event whose dead letter cannot be stored.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);

/// Handles one message and settles it; the turn is over when that is done.
pub(super) async fn run(lane: &Lane, incoming: Incoming, mut turn: Turn) {
    let _in_flight = InFlight::new(lane);
    let Incoming {
        event,
        info,
        settle,
    } = incoming;
    match event {
        Ok(mut event) => {
            if !lane.worker.is_meant(&mut event) {
                Counts::add(&lane.vitals.counts.filtered);
                finish(lane, settle, End::Ack).await;
                return;
            }
            let job = Job {
                lane,
                rules: lane.rules(&event),
                event,
                info,
                claimed: AtomicBool::new(false),
            };
            let end = {
                // Futures are pinned where they are made, here and below: they are large, and would
                // be copied for each event.
                let working = pin!(job.run(&mut turn));
                let working = pin!(keep_alive(lane, &settle, working));
                working.instrument(job.span()).await
            };
            job.release_after(end).await;
            let confirmed = finish(lane, settle, end).await;
            if !confirmed && matches!(end, End::Ack | End::Terminate) {
                let remember = |ledger: &mut Ledger| ledger.remember_done(&job.event);
                lane.worker.ledger(remember);
            }
        }
        Err(undecodable) => {
            let burying = Box::pin(bury_raw(lane, undecodable, info));
            let end = keep_alive(lane, &settle, burying).await;
            finish(lane, settle, end).await;
        }
    }
}

/// Counts a message for as long as it lives.
struct InFlight<'l>(&'l Lane);

impl<'l> InFlight<'l> {
    fn new(lane: &'l Lane) -> Self {
        Counts::add(&lane.vitals.counts.in_flight);
        Self(lane)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        Counts::take(&self.0.vitals.counts.in_flight);
    }
}

impl Lane {
    fn rules(&self, event: &Event) -> Rules {
        if self.settings.policies.types.is_empty() {
            return self.worker.rules;
        }
        let handler = self.worker.single.handler().policy();
        self.settings.policies.rules(handler, Some(event.ty()))
    }

    /// Stores a dead letter; where that fails, the message is kept and tried again.
    async fn bury(&self, letter: Result<RawMessage, TransportError>, attempt: u32) -> End {
        let stored = match &letter {
            Ok(letter) => self.letters.store(letter).await,
            Err(_) => letter.map(drop),
        };
        match stored {
            Ok(()) => {
                Counts::add(&self.vitals.counts.dead_lettered);
                self.vitals.dead_letter_trouble(None);
                End::Terminate
            }
            Err(error) => {
                self.vitals.dead_letter_trouble(Some(&error));
                tracing::error!(%error, "a dead letter could not be stored; its event is kept");
                End::Nack(backoff::delay(FIRST, LONGEST, attempt))
            }
        }
    }
}

/// Keeps a message that is no event as a dead letter, byte for byte.
async fn bury_raw(lane: &Lane, undecodable: Box<Undecodable>, info: MessageInfo) -> End {
    let Undecodable { error, mut message } = *undecodable;
    if !lane.worker.is_meant_raw(&mut message) {
        Counts::add(&lane.vitals.counts.filtered);
        return End::Ack;
    }
    let error = format!("{:#}", Failure::from(error));
    tracing::warn!(subscription = &*lane.worker.durable, error, "not an event");
    let now = Timestamp::now();
    let facts = Facts {
        handler: &lane.worker.durable,
        from: (lane.transport.name(), info.position),
        error: &error,
        attempts: info.attempt,
        first: now,
        last: now,
    };
    lane.bury(Ok(facts.letter_of_raw(message)), info.attempt)
        .await
}

/// One event at one handler.
struct Job<'l> {
    lane: &'l Lane,
    event: Event,
    info: MessageInfo,
    rules: Rules,
    /// Whether the inbox has granted a claim that is still open.
    claimed: AtomicBool,
}

impl Job<'_> {
    fn span(&self) -> tracing::Span {
        tracing::info_span!(
            "handle",
            handler = self.lane.worker.single.handler().name(),
            id = self.event.id(),
            source = self.event.source(),
            r#type = self.event.ty(),
            traceparent = self
                .event
                .extension(TraceParent::NAME)
                .map(tracing::field::display),
        )
    }

    async fn run(&self, turn: &mut Turn) -> End {
        let (lane, worker) = (self.lane, &self.lane.worker);
        match worker.single.matches_filter(&self.event) {
            Ok(true) => {}
            Ok(false) => {
                Counts::add(&lane.vitals.counts.filtered);
                return End::Ack;
            }
            Err(failure) => return Box::pin(self.conclude_at_once(&failure)).await,
        }
        if !turn.has_come() && lane.unless_draining(pin!(turn.come())).await.is_none() {
            return End::HandBack;
        }
        if worker.ledger(|ledger| ledger.take_done(&self.event)) {
            Counts::add(&lane.vitals.counts.duplicates);
            return End::Ack;
        }
        let mut attempt = self.info.attempt.max(1);
        if self.rules.is_lost_cause(attempt) {
            return Box::pin(self.give_up(attempt)).await;
        }
        loop {
            let Some((permit, pass)) = self.begin().await else {
                return End::HandBack;
            };
            let failure = match self.call(attempt).await {
                Called::Done => {
                    note(lane, pass, false);
                    worker.ledger(|ledger| ledger.forget(&self.event));
                    Counts::add(&lane.vitals.counts.succeeded);
                    return End::Ack;
                }
                Called::Before => {
                    Counts::add(&lane.vitals.counts.duplicates);
                    return End::Ack;
                }
                Called::Elsewhere => {
                    // To give it back would count as an attempt, and it is none.
                    drop((permit, pass));
                    if !self.wait(self.rules.delay_after(1)).await {
                        return End::HandBack;
                    }
                    continue;
                }
                Called::Failed(failure) => failure,
            };
            let verdict = self.rules.decide(&failure, attempt);
            note(lane, pass, !is_of_the_event(&failure));
            // What seldom happens is in a box, so that what happens always is not as large.
            match Box::pin(self.conclude(&failure, verdict, attempt)).await {
                // To let others of its key go first would break their order.
                End::Nack(delay) if turn.is_ordered() && matches!(verdict, Verdict::Retry(_)) => {
                    drop(permit);
                    if !self.wait(delay).await {
                        return End::HandBack;
                    }
                    attempt = attempt.saturating_add(1);
                }
                end => return end,
            }
        }
    }

    /// Waits until the handler may run; `None` where the service drains before.
    async fn begin(&self) -> Option<(SemaphorePermit<'_>, Option<Pass<'_>>)> {
        let worker = &self.lane.worker;
        if worker.breaker.is_none()
            && !self.lane.is_draining()
            && let Ok(permit) = worker.permits.try_acquire()
        {
            return Some((permit, None));
        }
        let passed = async {
            let permit = worker.permits.acquire().await.ok()?;
            let pass = match &worker.breaker {
                Some(breaker) => Some(breaker.pass().await),
                None => None,
            };
            Some((permit, pass))
        };
        self.lane.unless_draining(pin!(passed)).await.flatten()
    }

    /// Waits for a time; returns whether the service goes on after it.
    async fn wait(&self, delay: Duration) -> bool {
        self.lane
            .unless_draining(pin!(sleep(delay)))
            .await
            .is_some()
    }

    /// Runs the handler, within what the inbox allows.
    async fn call(&self, attempt: u32) -> Called {
        let granted = call::claim(self.lane, &self.event, &self.rules).await;
        if let Some(called) = granted {
            return called;
        }
        self.claimed.store(true, Ordering::Relaxed);
        let about = (attempt, self.info);
        let called = call::run(self.lane, &self.event, &self.rules, about).await;
        self.claimed.store(false, Ordering::Relaxed);
        call::close_claim(self.lane, &self.event, matches!(called, Called::Done)).await;
        called
    }

    /// Gives up the claim of a handler that was stopped while it ran.
    async fn release_after(&self, end: End) {
        let stopped = end == End::HandBack && self.claimed.load(Ordering::Relaxed);
        // A sync handler runs on, and no other may run beside it.
        if stopped && self.lane.worker.single.handler().is_async() {
            call::close_claim(self.lane, &self.event, false).await;
        }
    }

    async fn conclude_at_once(&self, failure: &Failure) -> End {
        let attempt = self.info.attempt.max(1);
        let verdict = self.rules.decide(failure, attempt);
        self.conclude(failure, verdict, attempt).await
    }

    /// Does with a failed event what was decided.
    async fn conclude(&self, failure: &Failure, verdict: Verdict, attempt: u32) -> End {
        let error = format!("{failure:#}");
        let worker = &self.lane.worker;
        let counts = &self.lane.vitals.counts;
        let first = worker.ledger(|ledger| ledger.note(&self.event, error.clone()));
        match verdict {
            Verdict::Retry(delay) => {
                tracing::warn!(error, attempt, ?delay, "handler failed, to be tried again");
                Counts::add(&counts.retried);
                End::Nack(delay)
            }
            Verdict::Drop => {
                tracing::warn!(error, attempt, "handler failed, event dropped");
                Counts::add(&counts.dropped);
                worker.ledger(|ledger| ledger.forget(&self.event));
                End::Ack
            }
            Verdict::DeadLetter => {
                tracing::error!(error, attempt, "handler failed, event is a dead letter");
                self.bury(&error, attempt, first).await
            }
        }
    }

    /// Keeps an event as a dead letter that has come too often to be tried once more.
    async fn give_up(&self, attempt: u32) -> End {
        let known = self.lane.worker.ledger(|ledger| ledger.get(&self.event));
        let (error, first) = if let Some(entry) = known {
            (entry.error, entry.first)
        } else {
            let error = format!(
                "came {attempt} times without being settled: the process may have died over it"
            );
            (error, Timestamp::now())
        };
        tracing::error!(error, attempt, "event is a dead letter");
        self.bury(&error, attempt, first).await
    }

    async fn bury(&self, error: &str, attempts: u32, first: Timestamp) -> End {
        let facts = Facts {
            handler: &self.lane.worker.durable,
            from: (self.lane.transport.name(), self.info.position),
            error,
            attempts,
            first,
            last: Timestamp::now(),
        };
        let letter = facts.letter_of(&self.event).map_err(|error| {
            let what = "the dead letter could not be written";
            TransportError::new(TransportErrorKind::Rejected, what).caused_by(error)
        });
        let end = self.lane.bury(letter, attempts).await;
        if end == End::Terminate {
            let forget = |ledger: &mut Ledger| ledger.forget(&self.event);
            self.lane.worker.ledger(forget);
        }
        end
    }
}

/// Tells the breaker what came of an event, and the health what came of the breaker.
fn note(lane: &Lane, pass: Option<Pass<'_>>, failed: bool) {
    match pass.map(|pass| pass.note(failed)) {
        Some(Change::Opened) => lane.vitals.enter(SubscriptionState::Paused),
        Some(Change::Closed) => lane.vitals.enter(SubscriptionState::Running),
        Some(Change::None) | None => {}
    }
}

/// Names an event at a handler for the inbox.
pub(super) fn inbox_key<'a>(lane: &'a Lane, event: &'a Event) -> InboxKey<'a> {
    InboxKey::new(event.source(), event.id(), &lane.worker.durable)
}
