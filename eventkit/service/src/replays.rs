//! The replays of one operation: to which handlers, and at what rate.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::dead_letter_reader::LeasedLetter;
use super::dead_letter_sink::LETTER_ACK_WAIT;
use super::names;
use eventkit::transport::{SubscriptionInfo, TransportError};

#[derive(Debug)]
pub(crate) struct Replays {
    /// The subscriptions, if the transport knows them.
    known: Option<Vec<SubscriptionInfo>>,
    /// The handlers of replays that were refused, each with the number of them.
    refused: BTreeMap<String, usize>,
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
            interval,
            next_at: now,
            renewed_at: now,
        }
    }

    /// Returns whether a handler exists, and counts the replay as refused otherwise.
    pub(crate) fn accept(&mut self, handler: &str) -> bool {
        let exists = match &self.known {
            Some(known) => {
                handlers(known, names::service_of(handler)).any(|own| own.is_named(handler))
            }
            None => true,
        };
        if !exists {
            *self.refused.entry(handler.to_owned()).or_default() += 1;
        }
        exists
    }

    /// Waits until the next replay may be published, and keeps the letters leased that wait for theirs.
    pub(crate) async fn pace(&mut self, waiting: &VecDeque<LeasedLetter>) {
        sleep_until(self.next_at).await;
        let now = Instant::now();
        self.next_at = now + self.interval;
        if now.duration_since(self.renewed_at) < LETTER_ACK_WAIT / 3 {
            return;
        }
        self.renewed_at = now;
        for (_, handle) in waiting {
            // A letter whose lease ends can still be removed.
            let _ = handle.in_progress().await;
        }
    }

    /// Returns an error if replays were refused.
    pub(crate) fn check_refused(&self, replayed: usize) -> Result<(), TransportError> {
        if self.refused.is_empty() {
            return Ok(());
        }
        let count: usize = self.refused.values().sum();
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
        Err(TransportError::configuration(format!(
            "replayed {replayed} dead letters and refused {count}, which stay: there is no handler {}; \
             existing handlers: {}",
            quoted(self.refused.keys().map(String::as_str)),
            quoted(existing),
        )))
    }
}

/// Returns the handlers of a service that exist: those with a consumer, and all that have a
/// subscription if none of them has a consumer.
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
    if quoted.is_empty() {
        return "none".to_owned();
    }
    quoted.join(", ")
}
