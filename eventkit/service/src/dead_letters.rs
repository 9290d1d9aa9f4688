//! Access to the dead letters of a service.

use std::fmt;
use std::time::Duration;

use tokio::time::timeout;

use super::dead_letter::{self, MAX_LEASED_LETTERS, structured};
use super::names;
use eventkit::BoxError;
use eventkit::event::{Event, Timestamp};
use eventkit::transport::{InvalidMessage, RawMessage, ReservedMessage, Transport, TransportError};

/// The dead letters of a service: the events that its handlers could not handle.
///
/// They are read from the transport that the service stores them on. One reader leases them, and
/// returns them when it is done; until then, other readers do not receive them.
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
/// assert_eq!(letter.handler, "billing--receipt");
/// assert_eq!((letter.error.as_str(), letter.attempts), ("no printer", 2));
/// assert_eq!(letter.event().unwrap().id(), "A-1");
///
/// // The printer works again: the event is replayed to this handler, and to no other one.
/// assert!(letters.replay(&letter).await?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DeadLetters<T> {
    transport: T,
    service: String,
    /// The event type that dead letters are published to.
    ty: String,
    idle_timeout: Duration,
}

/// An event that one handler could not handle, or a message that is not an event.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The durable name of the handler's subscription.
    pub handler: String,
    /// The error of the last attempt; truncated if it is long.
    pub error: String,
    /// The number of attempts.
    pub attempts: u32,
    /// The time of the first failure, as far as the process that wrote the dead letter knows.
    pub first_failure: Option<Timestamp>,
    /// The time of the last failure.
    pub last_failure: Option<Timestamp>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Event(Event),
    Raw(RawMessage),
}

impl<T: Transport> DeadLetters<T> {
    /// Creates access to the dead letters of a service, by its name.
    pub fn new(transport: T, service: impl Into<String>) -> Self {
        let service = service.into();
        Self {
            ty: names::dead_letter_type(&service),
            transport,
            service,
            idle_timeout: Duration::from_secs(1),
        }
    }

    /// Sets the event type of the dead letters, if the service has its own
    /// [`dead_letter_type`](super::ServiceBuilder::dead_letter_type). Another type is an error of each
    /// operation, unless it starts with `eventkit.deadletter.` too.
    #[must_use]
    pub fn dead_letter_type(mut self, ty: impl Into<String>) -> Self {
        self.ty = ty.into();
        self
    }

    /// Sets the time without a further dead letter after which all of them count as received; 1
    /// second by default.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Returns the dead letters, the oldest first and at most 10,000, and leaves them in the store.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached.
    pub async fn list(&self) -> Result<Vec<DeadLetter>, TransportError> {
        let mut letters = Vec::new();
        let keep = |letter: &DeadLetter| {
            letters.push(letter.clone());
            None
        };
        self.visit(keep).await?;
        Ok(letters)
    }

    /// Replays a dead letter to the handler that failed, and to no other one, and deletes it.
    /// Returns whether it was found.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached; the dead letter stays.
    pub async fn replay(&self, letter: &DeadLetter) -> Result<bool, TransportError> {
        Ok(self.replay_where(|own| own == letter).await? > 0)
    }

    /// Replays the dead letters that a predicate selects, and returns their number.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached; those that were not replayed stay.
    pub async fn replay_where(
        &self,
        mut predicate: impl FnMut(&DeadLetter) -> bool,
    ) -> Result<usize, TransportError> {
        self.visit(|letter| predicate(letter).then_some(Removal::Replay))
            .await
    }

    /// Replays all dead letters, and returns their number.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached; those that were not replayed stay.
    pub async fn replay_all(&self) -> Result<usize, TransportError> {
        self.replay_where(|_| true).await
    }

    /// Deletes a dead letter, and returns whether it was found.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport cannot be reached; the dead letter may stay.
    pub async fn delete(&self, letter: &DeadLetter) -> Result<bool, TransportError> {
        let choose = |own: &DeadLetter| (own == letter).then_some(Removal::Delete);
        Ok(self.visit(choose).await? > 0)
    }

    /// Visits each dead letter once, and returns how many of them were replayed or deleted.
    ///
    /// All dead letters are received before the first one is replayed: a replay that fails is a new
    /// dead letter, which is not visited.
    async fn visit(
        &self,
        mut choose: impl FnMut(&DeadLetter) -> Option<Removal>,
    ) -> Result<usize, TransportError> {
        if !names::is_dead_letter_type(&self.ty) {
            return Err(TransportError::configuration(format!(
                "`{}` is not an event type of dead letters",
                self.ty
            )));
        }
        let subscription = dead_letter::subscription(&self.service, &self.ty);
        let mut consumer = self.transport.subscribe(&subscription).await?;
        let mut leased = Vec::new();
        let mut outcome = loop {
            if leased.len() == MAX_LEASED_LETTERS {
                break Ok(());
            }
            match timeout(self.idle_timeout, consumer.next()).await {
                Ok(Ok(Some(incoming))) => {
                    let reserved = incoming.reserved.as_deref();
                    let letter = DeadLetter::new(incoming.event, reserved);
                    leased.push((letter, incoming.handle));
                }
                Ok(Err(error)) => break Err(error),
                Ok(Ok(None)) | Err(_) => break Ok(()),
            }
        };
        let mut removed = 0;
        for (letter, handle) in leased {
            let removal = match outcome {
                Ok(()) => choose(&letter),
                Err(_) => None,
            };
            if let Some(Removal::Replay) = removal {
                outcome = self.publish_replay(&letter).await;
            }
            if outcome.is_err() || removal.is_none() {
                // A dead letter that cannot be returned is delivered again after `ack_wait`.
                let _ = handle.nack(Duration::ZERO).await;
            } else {
                outcome = handle.ack().await;
                removed += 1;
            }
        }
        // Dead letters that could not be returned are delivered again after `ack_wait`.
        if let Err(error) = consumer.close().await {
            tracing::warn!(service = self.service, %error, "failed to close the consumer");
        }
        outcome.map(|()| removed)
    }

    async fn publish_replay(&self, letter: &DeadLetter) -> Result<(), TransportError> {
        let ty = names::replay_type(&letter.handler);
        let message = letter.to_replay().map_err(|error| {
            let message = "failed to encode the event of the dead letter";
            TransportError::rejected(message).with_source(error)
        })?;
        self.transport.publish_raw(&ty, &message).await.map(drop)
    }
}

/// The way in which a dead letter is removed.
enum Removal {
    Replay,
    Delete,
}

impl DeadLetter {
    /// Returns the event as it was received; `None` if the message is not an event.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match &self.content {
            Content::Event(event) => Some(event),
            Content::Raw(_) => None,
        }
    }

    /// Returns the message as it was received; `None` if it is an event.
    #[must_use]
    pub fn message(&self) -> Option<&RawMessage> {
        match &self.content {
            Content::Event(_) => None,
            Content::Raw(message) => Some(message),
        }
    }

    /// Creates a dead letter. A header that is missing or malformed leaves its value empty.
    fn new(event: Result<Event, Box<InvalidMessage>>, reserved: Option<&ReservedMessage>) -> Self {
        let header = |name: &str| {
            let mut headers = reserved
                .into_iter()
                .flat_map(|own| own.headers.iter().rev());
            let value = headers.find(|(own, _)| own == name);
            value.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        Self {
            handler: header(dead_letter::HANDLER).to_owned(),
            error: header(dead_letter::ERROR).to_owned(),
            attempts: header(dead_letter::ATTEMPTS).parse().unwrap_or(0),
            first_failure: header(dead_letter::FIRST_FAILURE).parse().ok(),
            last_failure: header(dead_letter::LAST_FAILURE).parse().ok(),
            content: match event {
                Ok(event) => Content::Event(event),
                Err(invalid) => Content::Raw(without_failure(invalid.message)),
            },
        }
    }

    /// Encodes the message as it was received.
    fn to_replay(&self) -> Result<RawMessage, BoxError> {
        match &self.content {
            Content::Event(event) => structured(event),
            Content::Raw(message) => Ok(message.clone()),
        }
    }
}

/// Removes the headers of the failure from a message.
fn without_failure(mut message: RawMessage) -> RawMessage {
    for name in dead_letter::HEADERS {
        // The last header of a name belongs to the dead letter: the message may have had its own.
        let position = message.headers.iter().rposition(|(own, _)| own == name);
        if let Some(index) = position {
            message.headers.remove(index);
        }
    }
    message
}

impl fmt::Display for DeadLetter {
    /// Writes one line: the handler, the event, attempts and error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.handler)?;
        match &self.content {
            Content::Event(event) => {
                write!(f, "{} {} from {}", event.ty(), event.id(), event.source())?;
            }
            Content::Raw(message) => write!(f, "a message of {} bytes", message.body.len())?,
        }
        write!(f, ", {} attempts: {}", self.attempts, self.error)
    }
}
