//! Dead letters, to look at and to replay.

use std::fmt;
use std::time::Duration;

use tokio::time::timeout;

use super::letter::{self, MOST, structured};
use super::names;
use eventkit::event::{AttributeValue, Event, Timestamp};
use eventkit::transport::{
    AckHandle, Consumer, Incoming, RawMessage, Transport, TransportError, TransportErrorKind,
};

/// Lists, shows and replays what the handlers of a service could not handle.
///
/// The letters are those at the place where the service puts them, on the same transport. While
/// they are looked at, others that look do not see them; then they are given back.
///
/// ```
/// use eventkit_service::{DeadLetters, Service};
/// use eventkit_service::memory::Memory;
/// use eventkit::{Dispatcher, Event, Policy, Registry};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.named("receipt").register("placed", |_: &Event| Err::<(), _>("no printer"));
///
/// let memory = Memory::new();
/// let app = Dispatcher::new(&SHOP).build()?;
/// let service = Service::new("billing", &app)
///     .transport(memory.clone())
///     .policy(Policy::new().attempts(2))
///     .build()?;
/// # use eventkit::transport::Publisher;
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
/// // The printer is mended: the receipt runs again, and nothing else that handles the event.
/// assert!(letters.replay(&letter).await?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DeadLetters<T> {
    transport: T,
    service: String,
    place: String,
    quiet: Duration,
}

/// Is one event that one handler could not handle, or a message that is no event.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The durable name of the handler's subscription.
    pub handler: String,
    /// Why it failed the last time; cut where it is long.
    pub error: String,
    /// How often the event had come.
    pub attempts: u32,
    /// When the handler first failed, as far as the process that wrote the letter knows.
    pub first: Option<Timestamp>,
    /// When it last failed.
    pub last: Option<Timestamp>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Event(Event),
    Raw(RawMessage),
}

/// A letter, and the means to settle it.
struct Held {
    letter: DeadLetter,
    settle: AckHandle,
}

impl<T: Transport> DeadLetters<T> {
    /// Takes the letters of a service, by its name.
    pub fn new(transport: T, service: impl Into<String>) -> Self {
        let service = service.into();
        Self {
            place: names::dead_letter_place(&service),
            transport,
            service,
            quiet: Duration::from_secs(1),
        }
    }

    /// Sets the place, where the service was given another one.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = place.into();
        self
    }

    /// Sets how long nothing may come before all is taken to be there; 1 second if not set.
    #[must_use]
    pub fn quiet(mut self, quiet: Duration) -> Self {
        self.quiet = quiet;
        self
    }

    /// Returns the letters, the oldest first and 10,000 at most, and leaves them where they are.
    ///
    /// # Errors
    ///
    /// Where the transport cannot be reached.
    pub async fn list(&self) -> Result<Vec<DeadLetter>, TransportError> {
        let mut letters = Vec::new();
        self.visit(|letter| {
            letters.push(letter.clone());
            Choice::Keep
        })
        .await?;
        Ok(letters)
    }

    /// Gives a letter's event to the handler that failed, and to no other; the letter is then
    /// settled. Returns whether it was there.
    ///
    /// # Errors
    ///
    /// Where the transport cannot be reached; the letter stays.
    pub async fn replay(&self, letter: &DeadLetter) -> Result<bool, TransportError> {
        let choose = |own: &DeadLetter| Choice::replay_if(own == letter);
        Ok(self.visit(choose).await? > 0)
    }

    /// Replays every letter that is chosen, and returns how many those are.
    ///
    /// # Errors
    ///
    /// Where the transport cannot be reached; letters that have not been replayed stay.
    pub async fn replay_where(
        &self,
        mut choose: impl FnMut(&DeadLetter) -> bool,
    ) -> Result<usize, TransportError> {
        self.visit(|letter| Choice::replay_if(choose(letter))).await
    }

    /// Replays all letters, and returns how many those are.
    ///
    /// # Errors
    ///
    /// As for [`replay_where`](DeadLetters::replay_where).
    pub async fn replay_all(&self) -> Result<usize, TransportError> {
        self.replay_where(|_| true).await
    }

    /// Forgets a letter, and returns whether it was there.
    ///
    /// # Errors
    ///
    /// Where the transport cannot be reached; the letter may stay.
    pub async fn discard(&self, letter: &DeadLetter) -> Result<bool, TransportError> {
        let choose = |own: &DeadLetter| {
            if own == letter {
                Choice::Discard
            } else {
                Choice::Keep
            }
        };
        Ok(self.visit(choose).await? > 0)
    }

    /// Looks at each letter once, and returns how many of them are gone after that.
    ///
    /// All of them are taken before the first is replayed: one that fails again is a new letter,
    /// which is not meant.
    async fn visit(
        &self,
        mut choose: impl FnMut(&DeadLetter) -> Choice,
    ) -> Result<usize, TransportError> {
        let subscription = letter::subscription(&self.service, &self.place);
        let mut consumer = self.transport.subscribe(&subscription).await?;
        let mut held = Vec::new();
        let mut outcome = self.take_all(&mut *consumer, &mut held).await;
        let mut gone = 0;
        for Held { letter, settle } in held {
            let choice = match outcome {
                Ok(()) => choose(&letter),
                Err(_) => Choice::Keep,
            };
            if let Choice::Replay = choice {
                outcome = self.give(&letter).await;
            }
            if outcome.is_err() || matches!(choice, Choice::Keep) {
                // One that cannot be given back comes again by itself.
                let _ = settle.nack(Duration::ZERO).await;
            } else {
                outcome = settle.ack().await;
                gone += 1;
            }
        }
        // Letters that it had on their way are for whoever looks next. Where it cannot say so, they
        // come again by themselves.
        if let Err(error) = consumer.close().await {
            tracing::warn!(service = self.service, %error, "not closed");
        }
        outcome.map(|()| gone)
    }

    async fn take_all(
        &self,
        consumer: &mut dyn Consumer,
        held: &mut Vec<Held>,
    ) -> Result<(), TransportError> {
        while held.len() < MOST {
            match timeout(self.quiet, consumer.next()).await {
                Ok(next) => match next? {
                    Some(incoming) => held.push(Held::read(incoming)),
                    None => break,
                },
                Err(_) => break,
            }
        }
        Ok(())
    }

    async fn give(&self, letter: &DeadLetter) -> Result<(), TransportError> {
        let place = names::replay_place(&letter.handler);
        let message = letter.replayed().map_err(|error| {
            let what = "the letter could not be written as an event again";
            TransportError::new(TransportErrorKind::Rejected, what).with_source(error)
        })?;
        self.transport.publish_raw(&place, &message).await.map(drop)
    }
}

/// What is done with a letter.
enum Choice {
    Keep,
    Replay,
    Discard,
}

impl Choice {
    fn replay_if(chosen: bool) -> Self {
        if chosen { Self::Replay } else { Self::Keep }
    }
}

impl Held {
    fn read(incoming: Incoming) -> Self {
        let Incoming {
            event,
            handle: settle,
            ..
        } = incoming;
        let letter = match event {
            Ok(event) => DeadLetter::of_event(event),
            Err(undecodable) => DeadLetter::of_raw(undecodable.message),
        };
        Self { letter, settle }
    }
}

impl DeadLetter {
    /// Returns the event as it came, or `None` where it was none.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match &self.content {
            Content::Event(event) => Some(event),
            Content::Raw(_) => None,
        }
    }

    /// Returns the message as it came, where it was no event.
    #[must_use]
    pub fn message(&self) -> Option<&RawMessage> {
        match &self.content {
            Content::Event(_) => None,
            Content::Raw(message) => Some(message),
        }
    }

    fn of_event(mut event: Event) -> Self {
        let [handler, error, attempts, first, last] = letter::ALL.map(|name| {
            let value = event.remove_extension(name);
            value
                .as_ref()
                .map(|value: &AttributeValue| value.to_text().into_owned())
        });
        Self::new(handler, error, attempts, first, last, Content::Event(event))
    }

    fn of_raw(mut message: RawMessage) -> Self {
        // The last of a name is the letter's: the message may have come with one of its own.
        let [handler, error, attempts, first, last] = letter::ALL.map(|name| {
            let headers = &mut message.headers;
            let at = headers
                .iter()
                .rposition(|(own, _)| own.eq_ignore_ascii_case(name))?;
            Some(headers.remove(at).1)
        });
        Self::new(handler, error, attempts, first, last, Content::Raw(message))
    }

    /// A place holds what is sent there: what is missing or malformed is left empty.
    fn new(
        handler: Option<String>,
        error: Option<String>,
        attempts: Option<String>,
        first: Option<String>,
        last: Option<String>,
        content: Content,
    ) -> Self {
        let time = |text: Option<String>| text.and_then(|text| text.parse().ok());
        Self {
            handler: handler.unwrap_or_default(),
            error: error.unwrap_or_default(),
            attempts: attempts.and_then(|text| text.parse().ok()).unwrap_or(0),
            first: time(first),
            last: time(last),
            content,
        }
    }

    fn replayed(&self) -> Result<RawMessage, eventkit::BoxError> {
        match &self.content {
            Content::Event(event) => {
                let mut event = event.clone();
                event.set_extension(letter::REPLAY, self.handler.clone())?;
                structured(&event)
            }
            Content::Raw(message) => {
                let mut message = message.clone();
                let mark = (letter::REPLAY.to_owned(), self.handler.clone());
                message.headers.push(mark);
                Ok(message)
            }
        }
    }
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
