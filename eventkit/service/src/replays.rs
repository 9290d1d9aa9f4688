//! The replays of one operation: their handlers, their rate, and the refused ones.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::dead_letter_reader::LeasedLetter;
use super::dead_letter_sink::LETTER_ACK_WAIT;
use super::names;
use eventkit::transport::{SubscriptionInfo, TransportError};

#[derive(Debug)]
pub(crate) struct Replays {
    /// The subscriptions, if the transport lists them.
    known: Option<Vec<SubscriptionInfo>>,
    /// The number of refused replays, by handler.
    refused: BTreeMap<String, usize>,
    /// The number of dead letters without their message, and the position of the first such
    /// message.
    omitted: (usize, Option<u64>),
    interval: Duration,
    next_at: Instant,
    renewed_at: Instant,
}

impl Replays {
    pub(crate) fn new(interval: Duration, known: Option<Vec<SubscriptionInfo>>) -> Self {
        let now = Instant::now();
        Self {
            known,
            refused: BTreeMap::new(),
            omitted: (0, None),
            interval,
            next_at: now,
            renewed_at: now,
        }
    }

    /// Returns the name to which a replay to a handler is addressed. If the handler does not exist,
    /// returns `None` and counts the replay as refused.
    ///
    /// It is the latest name of the handler, so that a renamed handler need not declare its former
    /// names forever.
    pub(crate) fn address(&mut self, handler: &str) -> Option<String> {
        let Some(known) = &self.known else {
            return Some(handler.to_owned());
        };
        let mut existing = handlers(known, names::service_of(handler));
        let own = existing.find(|own| own.is_named(handler));
        if own.is_none() {
            *self.refused.entry(handler.to_owned()).or_default() += 1;
        }
        own.map(|own| own.name.clone())
    }

    /// Counts a dead letter without its message as refused.
    pub(crate) fn refuse_omitted(&mut self, position: Option<u64>) {
        let (count, first) = self.omitted;
        self.omitted = (count + 1, first.into_iter().chain(position).min());
    }

    /// Waits until the next replay may be published, and extends the leases of the dead letters
    /// that wait.
    pub(crate) async fn pace(&mut self, waiting: &VecDeque<LeasedLetter>) {
        // A timer takes up to a millisecond, even if its time has already come.
        if self.next_at > Instant::now() {
            sleep_until(self.next_at).await;
        }
        let now = Instant::now();
        self.next_at = now + self.interval;
        if now.duration_since(self.renewed_at) < LETTER_ACK_WAIT / 3 {
            return;
        }
        self.renewed_at = now;
        for leased in waiting {
            // A dead letter whose lease has expired can still be removed.
            let _ = leased.handle.in_progress().await;
        }
    }

    /// Returns an error if replays were refused.
    pub(crate) fn check_refused(&self, replayed: usize) -> Result<(), TransportError> {
        let reasons: Vec<String> = self
            .unknown_handlers()
            .into_iter()
            .chain(self.omitted_messages())
            .collect();
        if reasons.is_empty() {
            return Ok(());
        }
        let count = self.refused.values().sum::<usize>() + self.omitted.0;
        let reasons = reasons.join("; ");
        Err(TransportError::configuration(format!(
            "replayed {replayed} dead letters and refused {count}, which are kept: {reasons}"
        )))
    }

    /// Describes the handlers that do not exist, and those that do.
    fn unknown_handlers(&self) -> Option<String> {
        if self.refused.is_empty() {
            return None;
        }
        let known = self.known.as_deref().unwrap_or_default();
        let services = self
            .refused
            .keys()
            .map(|handler| names::service_of(handler));
        let services: BTreeSet<&str> = services.collect();
        let existing = services
            .into_iter()
            .flat_map(|service| handlers(known, service))
            .map(|own| own.name.as_str());
        let refused = quoted(self.refused.keys().map(String::as_str));
        let existing = quoted(existing);
        if existing.is_empty() {
            return Some(format!(
                "no handler {refused} exists: no handler of the service subscribes to the transport \
                 that its dead letters are on"
            ));
        }
        Some(format!(
            "no handler {refused} exists; existing handlers: {existing}"
        ))
    }

    /// Describes how many dead letters have no message, and where the first such message is.
    fn omitted_messages(&self) -> Option<String> {
        let (count, first) = self.omitted;
        let place = first.map_or_else(String::new, |first| {
            format!(", the first of them at position {first} of its transport")
        });
        (count > 0)
            .then(|| format!("{count} messages were too large for their dead letters{place}"))
    }
}

/// Returns the existing handlers of a service: those with a consumer, or all those with a
/// subscription if none has a consumer.
fn handlers<'a>(
    known: &'a [SubscriptionInfo],
    service: &'a str,
) -> impl Iterator<Item = &'a SubscriptionInfo> {
    let letters = names::dead_letters(service);
    let is_own = move |own: &&SubscriptionInfo| {
        names::service_of(&own.name) == service && own.name != letters
    };
    let is_running = known
        .iter()
        .filter(is_own.clone())
        .any(|own| own.has_consumer);
    let own = known.iter().filter(is_own);
    own.filter(move |own| own.has_consumer || !is_running)
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
