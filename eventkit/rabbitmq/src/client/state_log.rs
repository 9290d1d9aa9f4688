//! The log of the state: a stream that every process appends to and follows.
//!
//! AMQP has no place to read and write a value. A stream of RabbitMQ is read without taking anything out of
//! it, by any number of processes, each from its first entry on, and all of them see its entries in one
//! order. A process that appends an entry and waits until it reads it knows everything that was written
//! before, as it would after a write to a store with transactions.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use eventkit::transport::{TransportError, backoff, with_causes};
use futures_core::Stream;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Consumer};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, warn};
use uuid::Uuid;

use super::entry::{Entry, SubscriptionState};
use super::error::{answer, is_not_found, transport_error};
use super::link::Links;
use super::publishing::{Outcome, Publishing};
use super::queue::{Administrator, table, text};
use super::state::State;
use crate::mapping::message::PERSISTENT;
use crate::mapping::names::{Names, short};

/// The entries that the broker sends before they are acknowledged.
const PREFETCH: u16 = 500;

/// The minimum and maximum time before a lost follower reads on.
const RETRY_DELAY: Duration = Duration::from_millis(100);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(1);

/// The header with the position of an entry.
const OFFSET: &str = "x-stream-offset";

/// An entry in its stored form.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    id: Uuid,
    entry: Entry,
}

/// The state, and the log that it comes from.
#[derive(Debug)]
pub(super) struct StateLog {
    reading: Arc<Reading>,
    publishing: Arc<Publishing>,
    names: Names,
    timeout: Duration,
    follower: Mutex<Option<JoinHandle<()>>>,
    /// Held while the log is read up to now.
    syncing: tokio::sync::Mutex<u64>,
}

/// The part of the log that the follower shares with tasks that wait for it.
#[derive(Debug)]
struct Reading {
    links: Arc<Links>,
    stream: String,
    timeout: Duration,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    state: State,
    /// The position of the next entry.
    next: Option<i64>,
    /// The entries of this process that it has not read yet.
    waiting: HashMap<Uuid, Arc<Notify>>,
    /// The number of calls that asked to read the log up to now.
    calls: u64,
}

impl StateLog {
    pub(super) fn new(
        links: Arc<Links>,
        publishing: Arc<Publishing>,
        names: &Names,
        timeout: Duration,
    ) -> Self {
        let reading = Reading {
            links,
            stream: names.state.clone(),
            timeout,
            progress: Mutex::default(),
        };
        Self {
            reading: Arc::new(reading),
            publishing,
            names: names.clone(),
            timeout,
            follower: Mutex::default(),
            syncing: tokio::sync::Mutex::default(),
        }
    }

    /// Appends an entry, and returns once it and all entries before it are applied.
    ///
    /// # Errors
    ///
    /// Returns an error if the entry was not stored, or not read again; it may be stored nevertheless.
    pub(super) async fn append(&self, entry: Entry) -> Result<(), TransportError> {
        let until = Instant::now() + self.timeout;
        loop {
            match self.try_append(entry.clone()).await {
                // The stream may be about to start, after it was declared or when its node comes back. An entry
                // that is stored twice changes nothing the second time.
                Err(error) if error.is_retriable() && Instant::now() < until => {
                    debug!(
                        error = with_causes(&error),
                        "failed to write the state of the subscriptions; trying again"
                    );
                    sleep(RETRY_DELAY).await;
                }
                appended => return appended,
            }
        }
    }

    async fn try_append(&self, entry: Entry) -> Result<(), TransportError> {
        self.follow();
        let waiting = Waiting::new(&self.reading);
        let Waiting { id, applied, .. } = &waiting;
        self.write(*id, entry).await?;
        let read = timeout(self.timeout, applied.notified()).await;
        read.map_err(|_| {
            TransportError::unavailable("failed to read the state of the subscriptions")
        })
    }

    /// Appends an entry without waiting until it is applied.
    pub(super) async fn note(&self, entry: Entry) -> Result<(), TransportError> {
        self.write(Uuid::new_v4(), entry).await
    }

    async fn write(&self, id: Uuid, entry: Entry) -> Result<(), TransportError> {
        let operation = "store the state of a subscription";
        let stored = serde_json::to_vec(&Stored { id, entry });
        let body = stored.map_err(|error| {
            TransportError::rejected("failed to encode an entry of the state").with_source(error)
        })?;
        let Names {
            services, state, ..
        } = &self.names;
        for _ in 0..2 {
            let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
            let publishing = &self.publishing;
            let outcome = publishing.publish(operation, services, state, properties, &body);
            match outcome.await? {
                Outcome::Stored => return Ok(()),
                Outcome::Unrouted | Outcome::NoExchange => self.declare().await?,
            }
        }
        Err(TransportError::unavailable(format!(
            "failed to {operation}: the stream `{state}` was deleted repeatedly"
        )))
    }

    /// Declares the stream and its exchange, which were deleted.
    async fn declare(&self) -> Result<(), TransportError> {
        warn!(stream = %self.names.state, "the stream of the state was deleted and is declared again");
        let administrator = Administrator::new(&self.reading.links, &self.names, self.timeout);
        administrator.declare_shared().await
    }

    /// Reads the log up to now. Concurrent calls share a marker.
    pub(super) async fn sync(&self) -> Result<(), TransportError> {
        let call = {
            let mut progress = self.reading.progress();
            progress.calls += 1;
            progress.calls
        };
        let mut synced = self.syncing.lock().await;
        if *synced < call {
            let calls = self.reading.progress().calls;
            self.append(Entry::Marker).await?;
            *synced = calls;
        }
        Ok(())
    }

    /// Reads the state, up to the entries that this process has read.
    pub(super) fn with_state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.reading.progress().state)
    }

    /// Takes the subscriptions whose state must be written again.
    pub(super) fn take_old(&self) -> Vec<SubscriptionState> {
        self.reading.progress().state.take_old()
    }

    /// Starts the follower, if it is not running.
    fn follow(&self) {
        let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        if follower.as_ref().is_none_or(JoinHandle::is_finished) {
            let reading = Arc::downgrade(&self.reading);
            *follower = Some(tokio::spawn(follow(reading)));
        }
    }
}

impl Drop for StateLog {
    fn drop(&mut self) {
        let follower = self.follower.get_mut();
        if let Some(follower) = follower.unwrap_or_else(PoisonError::into_inner) {
            follower.abort();
        }
    }
}

impl Reading {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a consumer that begins after the entries that were read.
    async fn open(&self) -> Result<Consumer, TransportError> {
        let channel = self.links.consumers.channel().await?;
        let qos = channel.basic_qos(PREFETCH, BasicQosOptions::default());
        answer("limit the prefetched entries", self.timeout, qos).await?;
        let next = self.progress().next;
        let offset = next.map_or_else(|| text("first"), AMQPValue::LongLongInt);
        let consuming = channel.basic_consume(
            short(&self.stream),
            short(""),
            BasicConsumeOptions::default(),
            table([(OFFSET, offset)]),
        );
        let consuming = async {
            let consumer = consuming.await;
            consumer.inspect_err(|error| {
                if is_not_found(error) {
                    self.progress().restart();
                }
            })
        };
        let operation = format!("read the stream `{}`", self.stream);
        answer(&operation, self.timeout, consuming).await
    }

    /// Reads entries until the consumer is lost. An entry ends a series of failures.
    async fn read(&self, mut consumer: Consumer, failures: &mut u32) -> Result<(), TransportError> {
        // Entries may have been missed meanwhile, and no process is known to have ended.
        self.progress().state.reset_clocks();
        while let Some(delivery) = next(&mut consumer).await {
            let operation = "read the state of the subscriptions";
            let delivery = delivery.map_err(|error| transport_error(operation, error))?;
            self.apply(&delivery)?;
            *failures = 0;
            let acking = delivery.acker.ack(BasicAckOptions::default());
            answer(operation, self.timeout, acking).await?;
        }
        // It may have been replaced by a new one.
        self.progress().restart();
        Err(self.deleted())
    }

    fn deleted(&self) -> TransportError {
        let stream = &self.stream;
        TransportError::unavailable(format!("the stream `{stream}` was deleted"))
    }

    fn apply(&self, delivery: &Delivery) -> Result<(), TransportError> {
        let offset = offset(delivery.properties.headers().as_ref());
        let stored = serde_json::from_slice::<Stored>(&delivery.data);
        let mut progress = self.progress();
        if let (Some(offset), Some(next)) = (offset, progress.next)
            && offset < next
        {
            // The broker begins with the first entry of a chunk, of which this process knows the beginning. An
            // entry that it waits for is new: the stream was deleted, and counts from the beginning again.
            let is_new = |stored: &Stored| progress.waiting.contains_key(&stored.id);
            if stored.is_ok_and(|stored| is_new(&stored)) {
                progress.restart();
                return Err(self.deleted());
            }
            return Ok(());
        }
        progress.next = offset.map(|offset| offset.saturating_add(1));
        match stored {
            Ok(Stored { id, entry }) => {
                progress.state.apply(entry);
                if let Some(applied) = progress.waiting.remove(&id) {
                    applied.notify_one();
                }
            }
            Err(error) => debug!(error = with_causes(&error), "skipped an entry of the state"),
        }
        Ok(())
    }
}

/// An entry for which a task waits, until this is dropped.
struct Waiting<'a> {
    reading: &'a Reading,
    id: Uuid,
    applied: Arc<Notify>,
}

impl<'a> Waiting<'a> {
    fn new(reading: &'a Reading) -> Self {
        let (id, applied) = (Uuid::new_v4(), Arc::default());
        let mut progress = reading.progress();
        progress.waiting.insert(id, Arc::clone(&applied));
        Self {
            reading,
            id,
            applied,
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.reading.progress().waiting.remove(&self.id);
    }
}

impl Progress {
    /// Reads from the first entry on, since the stream may be a new one.
    fn restart(&mut self) {
        self.next = None;
        self.state.note_new_log();
    }
}

async fn follow(reading: Weak<Reading>) {
    let mut failures = 0_u32;
    while let Some(reading) = reading.upgrade() {
        let read = match reading.open().await {
            Ok(consumer) => reading.read(consumer, &mut failures).await,
            Err(error) => Err(error),
        };
        drop(reading);
        if let Err(error) = read {
            if failures == 0 {
                warn!(
                    error = with_causes(&error),
                    "lost the state of the subscriptions; reading on"
                );
            }
            failures = failures.saturating_add(1);
        }
        sleep(backoff::delay(RETRY_DELAY, MAX_RETRY_DELAY, failures)).await;
    }
}

fn offset(headers: Option<&FieldTable>) -> Option<i64> {
    match headers?.inner().get(OFFSET)? {
        AMQPValue::LongLongInt(offset) => Some(*offset),
        _ => None,
    }
}

/// Waits for the next delivery of a consumer; dropping the future loses none.
async fn next(consumer: &mut Consumer) -> Option<lapin::Result<Delivery>> {
    poll_fn(|context| Pin::new(&mut *consumer).poll_next(context)).await
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::super::security::Security;
    use super::*;

    #[tokio::test]
    async fn an_append_that_is_given_up_leaves_nothing_behind() {
        let uri = "amqp://127.0.0.1:1/%2f".parse().unwrap();
        let timeout = Duration::from_secs(1);
        let links = Arc::new(Links::new(&uri, &Security::Plain, timeout));
        let publishing = Arc::new(Publishing::new(Arc::clone(&links), timeout));
        let names = Names::new("shop");
        let log = StateLog::new(links, publishing, &names, timeout);
        let mut appending = Box::pin(log.append(Entry::Marker));
        let context = &mut Context::from_waker(Waker::noop());
        assert!(appending.as_mut().poll(context).is_pending());
        assert_eq!(log.reading.progress().waiting.len(), 1);
        drop(appending);
        assert!(log.reading.progress().waiting.is_empty());
    }
}
