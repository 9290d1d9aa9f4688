//! Access to the dead letters of a service.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::dead_letter::DeadLetter;
use super::dead_letter_reader::{DeadLetterReader, LeasedLetter};
use super::dead_letter_sink;
use super::names;
use super::replays::Replays;
use eventkit::transport::{Transport, TransportError};

/// The number of dead letters that are in memory while they are counted.
const COUNTED_AT_A_TIME: usize = 100;

/// The dead letters of a service: the events that its handlers failed to handle.
///
/// Dead letters are read from the transport that the service stores them on. A reader leases them
/// and returns them when it is done; meanwhile, other readers do not receive them.
///
/// ```
/// use eventkit_service::{DeadLetters, Service};
/// use eventkit_service::memory::Memory;
/// use eventkit::{Dispatcher, Event, Policy, Registry};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.with_name("receipt").register("placed", |_: &Event| Err::<(), _>("no printer"));
///
/// let memory = Memory::new();
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = Service::new("billing", &app)
///     .transport(memory.clone())
///     .policy(Policy::new().attempts(2))
///     .build()?;
/// memory.publish(&Event::builder().source("/shop").ty("placed").id("A-1").build()?).await?;
/// # let handle = service.handle();
/// # tokio::spawn(service.run_until(std::future::pending()));
/// # while handle.health().counters().dead_lettered == 0 { tokio::time::sleep(std::time::Duration::from_millis(10)).await; }
///
/// let letters = DeadLetters::new(memory.clone(), "billing");
/// let letter = letters.list().await?.remove(0);
/// assert_eq!(letter.subscription, "billing--receipt");
/// assert_eq!((letter.error.as_str(), letter.attempts), ("no printer", 2));
/// assert_eq!(letter.event().unwrap().id(), "A-1");
///
/// // The printer works again: replay the event to this handler only.
/// assert!(letters.replay(&letter).await?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Operator tools
///
/// A program that inspects and removes dead letters needs only a few calls:
///
/// ```
/// use eventkit::transport::{Transport, TransportError};
/// use eventkit_service::DeadLetters;
///
/// async fn operate<T: Transport>(letters: DeadLetters<T>) -> Result<(), TransportError> {
///     for failure in letters.counts().await? {
///         println!("{} of {}: {}", failure.count, failure.subscription, failure.error);
///     }
///     // Page by page, since there may be many or large ones.
///     let mut pages = letters.pages(100).await?;
///     while let Some(page) = pages.next().await? {
///         for letter in page {
///             println!("{:?} {letter}", letter.last_failure);
///         }
///     }
///     pages.close().await;
///
///     letters.delete_where(|letter| letter.error.contains("declined")).await?;
///     // Ten per second, so that the handler is not flooded.
///     let letters = letters.replay_rate(10);
///     letters.replay_where(|letter| letter.subscription == "billing--receipt").await?;
///     Ok(())
/// }
/// # let memory = eventkit_service::memory::Memory::new();
/// # let letters = DeadLetters::new(memory, "billing");
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(operate(letters))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Replays
///
/// A replay is published to the handler that failed, and the dead letter is deleted once the
/// transport has stored the replay. From then on the replay is a message of the handler like any
/// other, with its own attempts: it is kept until the handler has settled it, and becomes a new
/// dead letter if that fails.
///
/// A replay to a handler that does not exist is refused, and the dead letter is kept. Which handlers
/// exist is derived from the [subscriptions](Transport::subscriptions) of the transport:
///
/// - If any handler of the service has an open consumer, the handlers with an open consumer exist.
/// - If no process of the service is running, the handlers with a durable subscription exist. A
///   handler that was removed, or renamed without `formerly`, may have left one behind. Start the
///   service before you replay its dead letters, and send those of a renamed handler to its new
///   name with [`replay_to`](Self::replay_to).
/// - On NATS, a handler seems to have no consumer if it has the maximum number of messages in
///   flight and has received nothing for longer than `ack_wait`; replay to it later.
/// - A transport that does not list its subscriptions refuses no replay.
///
/// A message that was too large for its dead letter cannot be replayed: the dead letter has only
/// its [position](DeadLetter::position) on the transport.
#[derive(Debug)]
pub struct DeadLetters<T> {
    transport: T,
    service: String,
    /// The event type of the dead letters.
    ty: String,
    idle_timeout: Duration,
    /// The handler that replays are sent to, if it is not the one that failed.
    replay_to: Option<String>,
    /// The time between two replays.
    replay_interval: Duration,
}

/// The dead letters of a service, page by page; created by [`DeadLetters::pages`].
#[derive(Debug)]
#[must_use = "pages do nothing until they are read"]
pub struct DeadLetterPages {
    reader: DeadLetterReader,
    size: usize,
}

/// The number of dead letters with the same subscription and error.
///
/// [`DeadLetters::counts`] returns them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct FailureCount {
    /// The durable name of the handler's subscription.
    pub subscription: String,
    /// The error of the last attempt; truncated if it is long.
    pub error: String,
    /// The number of dead letters.
    pub count: usize,
}

/// How a dead letter is removed.
enum Removal {
    Replay,
    Delete,
}

impl<T: Transport> DeadLetters<T> {
    /// Creates a handle to the dead letters of the service with this name.
    pub fn new(transport: T, service: impl Into<String>) -> Self {
        let service = service.into();
        Self {
            ty: names::dead_letter_type(&service),
            transport,
            service,
            idle_timeout: Duration::from_secs(1),
            replay_to: None,
            replay_interval: Duration::ZERO,
        }
    }

    /// Sets the event type of the dead letters, if the service sets a custom
    /// [`dead_letter_type`](super::ServiceBuilder::dead_letter_type). If the type does not start
    /// with `eventkit.deadletter.`, all operations return an error.
    #[must_use]
    pub fn dead_letter_type(mut self, ty: impl Into<String>) -> Self {
        self.ty = ty.into();
        self
    }

    /// Sets the time without another dead letter after which the remaining ones count as leased
    /// by another reader; 1 second by default, and always at least a few round trips to the broker.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sets the handler that dead letters are replayed to, by the durable name of its subscription,
    /// such as `billing--receipt`; by default, each one is replayed to the handler that failed.
    #[must_use]
    pub fn replay_to(mut self, handler: impl Into<String>) -> Self {
        self.replay_to = Some(handler.into());
        self
    }

    /// Sets the maximum number of replays per second; unlimited by default.
    #[must_use]
    pub fn replay_rate(mut self, per_second: u32) -> Self {
        self.replay_interval = Duration::from_secs(1) / per_second.max(1);
        self
    }

    /// Returns up to 10,000 dead letters, the oldest first, without removing them.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached.
    pub async fn list(&self) -> Result<Vec<DeadLetter>, TransportError> {
        let mut pages = self.pages(usize::MAX).await?;
        let letters = pages.next().await;
        pages.close().await;
        Ok(letters?.unwrap_or_default())
    }

    /// Reads up to 10,000 dead letters page by page, without removing them.
    ///
    /// Within a page, the oldest dead letter comes first. The pages follow the order in which the
    /// transport delivers the dead letters; those that were read before may come in another order.
    ///
    /// The dead letters stay leased until the pages are [closed](DeadLetterPages::close) or
    /// dropped, for at most five minutes each: meanwhile, other readers do not receive them, and
    /// they cannot be replayed.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached.
    pub async fn pages(&self, size: usize) -> Result<DeadLetterPages, TransportError> {
        Ok(DeadLetterPages {
            reader: self.reader().await?,
            size: size.max(1),
        })
    }

    /// Counts up to 10,000 dead letters by subscription and error.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached.
    pub async fn counts(&self) -> Result<Vec<FailureCount>, TransportError> {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut pages = self.pages(COUNTED_AT_A_TIME).await?;
        let counted = loop {
            let page = match pages.next().await {
                Ok(page) => page.unwrap_or_default(),
                Err(error) => break Err(error),
            };
            let is_last = page.len() < COUNTED_AT_A_TIME;
            for letter in page {
                let key = (letter.subscription, letter.error);
                *counts.entry(key).or_default() += 1;
            }
            if is_last {
                break Ok(());
            }
        };
        pages.close().await;
        counted?;
        let count = |((subscription, error), count)| FailureCount {
            subscription,
            error,
            count,
        };
        Ok(counts.into_iter().map(count).collect())
    }

    /// Replays a dead letter to the handler that failed, and deletes it. Returns whether it was
    /// found.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached, if the handler does not exist, or if
    /// the message was too large for the dead letter; the dead letter is then kept.
    pub async fn replay(&self, letter: &DeadLetter) -> Result<bool, TransportError> {
        Ok(self.replay_where(|own| own == letter).await? > 0)
    }

    /// Replays the dead letters that satisfy a predicate, and returns their number.
    ///
    /// Up to 10,000 dead letters are read. If the predicate was called for that many, there may be
    /// more of them.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached. If handlers do not exist, or messages
    /// were too large for their dead letters, all other dead letters are replayed. The error then
    /// tells how many were refused and why. Dead letters that were not replayed are kept.
    pub async fn replay_where(
        &self,
        mut predicate: impl FnMut(&DeadLetter) -> bool,
    ) -> Result<usize, TransportError> {
        let choose = |letter: &DeadLetter| predicate(letter).then_some(Removal::Replay);
        self.visit(choose).await
    }

    /// Replays all dead letters, up to 10,000, and returns their number.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached. If handlers do not exist, or messages
    /// were too large for their dead letters, all other dead letters are replayed. The error then
    /// tells how many were refused and why. Dead letters that were not replayed are kept.
    pub async fn replay_all(&self) -> Result<usize, TransportError> {
        self.replay_where(|_| true).await
    }

    /// Deletes a dead letter, and returns whether it was found.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached; the dead letter may not have been deleted.
    pub async fn delete(&self, letter: &DeadLetter) -> Result<bool, TransportError> {
        Ok(self.delete_where(|own| own == letter).await? > 0)
    }

    /// Deletes the dead letters that satisfy a predicate, and returns their number.
    ///
    /// Up to 10,000 dead letters are read. If the predicate was called for that many, there may be
    /// more of them.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached; dead letters that were not deleted
    /// are kept.
    pub async fn delete_where(
        &self,
        mut predicate: impl FnMut(&DeadLetter) -> bool,
    ) -> Result<usize, TransportError> {
        let choose = |letter: &DeadLetter| predicate(letter).then_some(Removal::Delete);
        self.visit(choose).await
    }

    async fn reader(&self) -> Result<DeadLetterReader, TransportError> {
        if !names::is_dead_letter_type(&self.ty) {
            return Err(TransportError::configuration(format!(
                "`{}` is not an event type of dead letters",
                self.ty
            )));
        }
        let subscription = dead_letter_sink::subscription(&self.service, &self.ty);
        DeadLetterReader::open(&self.transport, &subscription, self.idle_timeout).await
    }

    /// Visits each dead letter once, and returns how many were replayed or deleted. If the future
    /// is dropped, the other dead letters soon return to the store.
    ///
    /// All dead letters are received before the first one is replayed: a replay that fails becomes
    /// a new dead letter, which must not be visited.
    async fn visit(
        &self,
        mut choose: impl FnMut(&DeadLetter) -> Option<Removal>,
    ) -> Result<usize, TransportError> {
        let mut reader = self.reader().await?;
        let mut outcome = reader.read(usize::MAX).await;
        let mut replays = Replays::new(self.replay_interval, reader.take_subscriptions());
        let mut removed = 0;
        while outcome.is_ok()
            && let Some(LeasedLetter { letter, .. }) = reader.waiting.front()
        {
            let is_removed = match choose(letter) {
                Some(Removal::Replay) => {
                    self.replay_one(letter, &mut replays, &reader.waiting).await
                }
                removal => Ok(removal.is_some()),
            };
            // Taken only now, so that dropping the future returns this letter too.
            let Some(LeasedLetter { handle, .. }) = reader.waiting.pop_front() else {
                break;
            };
            match is_removed {
                Ok(true) => {
                    outcome = handle.ack().await;
                    removed += 1;
                    continue;
                }
                Ok(false) => {}
                Err(error) => outcome = Err(error),
            }
            reader.kept.push(handle);
        }
        reader.close().await;
        outcome?;
        replays.check_refused(removed)?;
        Ok(removed)
    }

    /// Replays a dead letter; returns `false` if the replay was refused.
    async fn replay_one(
        &self,
        letter: &DeadLetter,
        replays: &mut Replays,
        waiting: &VecDeque<LeasedLetter>,
    ) -> Result<bool, TransportError> {
        let message = letter.to_replay().map_err(|error| {
            let message = "failed to encode the event of the dead letter";
            TransportError::rejected(message).with_source(error)
        })?;
        let Some(message) = message else {
            replays.refuse_omitted(letter.position());
            return Ok(false);
        };
        let subscription = self.replay_to.as_deref().unwrap_or(&letter.subscription);
        let Some(address) = replays.address(subscription) else {
            return Ok(false);
        };
        replays.pace(waiting).await;
        let ty = names::replay_type(&address);
        self.transport.publish_raw(&ty, &message).await?;
        Ok(true)
    }
}

impl DeadLetterPages {
    /// Reads the next page; returns `None` after the last one.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached.
    pub async fn next(&mut self) -> Result<Option<Vec<DeadLetter>>, TransportError> {
        let reader = &mut self.reader;
        reader.read(self.size).await?;
        let mut letters = Vec::new();
        for LeasedLetter { letter, handle, .. } in reader.waiting.drain(..) {
            letters.push(letter);
            reader.kept.push(handle);
        }
        Ok((!letters.is_empty()).then_some(letters))
    }

    /// Returns the number of dead letters that existed when the pages were opened and have not been
    /// read, if the transport knows it.
    ///
    /// After the last page, these are leased by another reader, or exceed the maximum of 10,000. On
    /// RabbitMQ, dead letters that another process has leased are not counted.
    ///
    /// ```
    /// use eventkit_service::DeadLetters;
    /// use eventkit_service::memory::Memory;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let letters = DeadLetters::new(Memory::new(), "billing");
    /// let mut pages = letters.pages(100).await?;
    /// while let Some(page) = pages.next().await? {
    ///     println!("{} dead letters", page.len());
    /// }
    /// assert_eq!(pages.unread(), Some(0));
    /// # Ok::<(), eventkit::transport::TransportError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn unread(&self) -> Option<u64> {
        self.reader.unread()
    }

    /// Closes the pages, and returns once the dead letters are back in the store. Dropping the
    /// pages returns them in the background.
    pub async fn close(self) {
        self.reader.close().await;
    }
}
