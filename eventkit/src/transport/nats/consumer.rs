//! The consumer: asks for as many messages as there is room for, and notices when it is lost.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_nats::client::PublishError;
use async_nats::connection::State;
use async_nats::jetstream::AckKind;
use async_nats::{Client, Message, StatusCode, Subject, Subscriber};
use bytes::Bytes;
use futures_core::Stream;
use serde_json::json;
use tokio::time::{Instant, sleep_until, timeout};

use super::api::{Api, text};
use super::settle::{GivenOut, NatsSettle};
use super::{Shared, message, subject, unavailable};
use crate::__private::service::pattern_matches;
use crate::transport::{
    BoxFuture, Consumer, Incoming, MaybeReady, Subscription, TransportError, TransportErrorKind,
};

/// How often the connection is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Receives the messages of one subscription.
///
/// At any time the messages that the server may still send, those that wait here, and those that
/// are given out and unsettled, are together at most as many as may be in flight.
#[derive(Debug)]
pub(super) struct NatsConsumer {
    shared: Arc<Shared>,
    api: Arc<Api>,
    name: String,
    patterns: Vec<String>,
    in_flight: usize,
    /// Where the server sends messages, and says what became of a request for some.
    inbox: String,
    messages: Option<Subscriber>,
    /// How many messages have been asked for and not been taken from `messages`.
    asked: usize,
    given_out: Arc<GivenOut>,
    /// Messages that no pattern selects, to be acknowledged.
    skipped: VecDeque<Subject>,
    last_heard: Instant,
    /// When to look at the connection; kept, since futures that wait for it may be dropped early.
    next_look: Instant,
    /// How often the client had connected when the consumer was made.
    connects: u64,
}

/// What ends the waiting for a message.
enum Woken {
    Message(Option<Message>),
    Place,
    Time,
}

impl NatsConsumer {
    pub(super) async fn open(
        shared: Arc<Shared>,
        subscription: &Subscription,
    ) -> Result<Self, TransportError> {
        let api = Arc::new(shared.api.clone());
        let connects = connects(&api.client);
        let inbox = api.client.new_inbox();
        let messages = api.client.subscribe(inbox.clone()).await.map_err(|error| {
            unavailable(format!("subscribe for `{}`", subscription.name)).caused_by(text(&error))
        })?;
        Ok(Self {
            shared,
            api,
            name: subscription.name.clone(),
            patterns: subscription.patterns.clone(),
            in_flight: subscription.in_flight,
            inbox,
            messages: Some(messages),
            asked: 0,
            given_out: Arc::default(),
            skipped: VecDeque::new(),
            last_heard: Instant::now(),
            next_look: Instant::now() + LOOK,
            connects,
        })
    }

    async fn receive(&mut self) -> Result<Incoming, TransportError> {
        loop {
            self.acknowledge_skipped().await?;
            self.ask().await?;
            match self.wait().await {
                Woken::Message(Some(message)) => {
                    self.last_heard = Instant::now();
                    if let Some(status) = message.status {
                        self.heed(status, &message)?;
                    } else if let Some(incoming) = self.take(message)? {
                        return Ok(incoming);
                    }
                }
                Woken::Message(None) => {
                    let what = "the client of NATS has been closed";
                    return Err(TransportError::new(TransportErrorKind::Closed, what));
                }
                Woken::Place => {}
                Woken::Time => {
                    self.next_look = Instant::now() + LOOK;
                    self.check_connection()?;
                }
            }
        }
    }

    /// Asks for messages where there is room: half of all at a time, or any if none is asked for.
    async fn ask(&mut self) -> Result<(), TransportError> {
        let taken = self.asked + self.given_out.count();
        let room = self.in_flight.saturating_sub(taken);
        if room == 0 || (self.asked > 0 && room < self.in_flight.div_ceil(2)) {
            return Ok(());
        }
        let heartbeat = self.shared.heartbeat;
        let question = json!({
            "batch": room,
            "expires": nanoseconds(heartbeat * 6),
            "idle_heartbeat": nanoseconds(heartbeat),
        });
        let subject = self.subject_of("MSG.NEXT");
        let payload = question.to_string().into();
        let client = &self.api.client;
        self.sent(client.publish_with_reply(subject, self.inbox.clone(), payload))
            .await?;
        if self.asked == 0 {
            // Nothing was due while nothing was asked for.
            self.last_heard = Instant::now();
        }
        self.asked += room;
        Ok(())
    }

    async fn wait(&mut self) -> Woken {
        let (given_out, next_look) = (Arc::clone(&self.given_out), self.next_look);
        tokio::select! {
            biased;
            message = poll_fn(|context| self.poll_message(context)) => Woken::Message(message),
            () = given_out.settled.notified() => Woken::Place,
            () = sleep_until(next_look) => Woken::Time,
        }
    }

    fn poll_message(&mut self, context: &mut Context<'_>) -> Poll<Option<Message>> {
        match &mut self.messages {
            Some(messages) => Pin::new(messages).poll_next(context),
            None => Poll::Ready(None),
        }
    }

    /// Returns a subject of the API about this consumer.
    fn subject_of(&self, call: &str) -> String {
        let (api, stream) = (&self.api.prefix, &self.shared.stream.name);
        format!("{api}.CONSUMER.{call}.{stream}.{}", self.name)
    }

    /// Takes what the server says in place of a message.
    fn heed(&mut self, status: StatusCode, message: &Message) -> Result<(), TransportError> {
        let description = message.description.as_deref().unwrap_or_default();
        match status.as_u16() {
            // An idle heartbeat.
            100 => Ok(()),
            // The request is over, with or without messages.
            404 | 408 => {
                self.asked = self.asked.saturating_sub(self.unanswered(message));
                Ok(())
            }
            409 if description.eq_ignore_ascii_case("Batch Completed") => {
                self.asked = self.asked.saturating_sub(self.unanswered(message));
                Ok(())
            }
            // Limits of the consumer, which no other try changes.
            409 if description.starts_with("Exceeded MaxRequest")
                || description.contains("push based") =>
            {
                let what = format!("the consumer `{}`: {description}", self.name);
                Err(TransportError::new(TransportErrorKind::Configuration, what))
            }
            503 => Err(self.lost("it is not on the server")),
            code => Err(self.lost(&format!("{code} {description}"))),
        }
    }

    /// Returns how many messages of a request the server did not send.
    fn unanswered(&self, message: &Message) -> usize {
        let headers = message.headers.as_ref();
        let pending = headers.and_then(|headers| headers.get("Nats-Pending-Messages"));
        let pending = pending.and_then(|pending| pending.as_str().parse().ok());
        pending.unwrap_or(self.asked)
    }

    /// Makes a message ready, unless no pattern selects it.
    fn take(&mut self, message: Message) -> Result<Option<Incoming>, TransportError> {
        self.asked = self.asked.saturating_sub(1);
        let info = message::delivery(&message);
        let (Some(info), Some(reply)) = (info, message.reply) else {
            return Err(self.lost("a message came that JetStream did not deliver"));
        };
        if !self.selects(&message.subject) {
            self.skipped.push_back(reply);
            return Ok(None);
        }
        let decoder = self.shared.decoder;
        let event = message::decode(decoder, message.headers.as_ref(), message.payload);
        let settle = NatsSettle {
            api: Arc::clone(&self.api),
            reply,
            place: self.given_out.one_more(),
        };
        Ok(Some(Incoming::new(event, info, Arc::new(settle))))
    }

    fn selects(&self, of: &str) -> bool {
        let Some(ty) = subject::event_type(&self.shared.prefix, of) else {
            return false;
        };
        let mut patterns = self.patterns.iter();
        patterns.any(|pattern| pattern_matches(pattern, &ty))
    }

    /// Acknowledges what no pattern selects; where that is lost, it comes and is skipped again.
    async fn acknowledge_skipped(&mut self) -> Result<(), TransportError> {
        while let Some(reply) = self.skipped.front() {
            let answer = AckKind::Ack.into();
            self.sent(self.api.client.publish(reply.clone(), answer))
                .await?;
            self.skipped.pop_front();
        }
        Ok(())
    }

    /// Waits until the client has taken something to send, which it does not for long while it has
    /// no connection.
    async fn sent(
        &self,
        sending: impl Future<Output = Result<(), PublishError>>,
    ) -> Result<(), TransportError> {
        match timeout(self.api.timeout, sending).await {
            Ok(sent) => {
                sent.map_err(|error| self.lost("nothing can be sent").caused_by(text(&error)))
            }
            Err(_) => Err(self.lost("there is no connection to the server")),
        }
    }

    /// Finds out that the server is gone, or has forgotten what was asked.
    fn check_connection(&self) -> Result<(), TransportError> {
        let client = &self.api.client;
        if client.connection_state() != State::Connected {
            return Err(self.lost("there is no connection to the server"));
        }
        if connects(client) != self.connects {
            return Err(self.lost("the connection to the server was lost for a moment"));
        }
        // One heartbeat may be late.
        let patience = self.shared.heartbeat * 2;
        if self.asked > 0 && self.last_heard.elapsed() > patience {
            return Err(self.lost("the server has fallen silent"));
        }
        Ok(())
    }

    /// Returns what gives back the messages that nobody has seen, so that they do not have to wait
    /// for `ack_wait`; `None` where that is done.
    fn returning(
        &mut self,
    ) -> Option<impl Future<Output = Result<(), TransportError>> + Send + use<>> {
        let messages = self.messages.take()?;
        let (api, subject) = (Arc::clone(&self.api), self.subject_of("INFO"));
        Some(give_back(api, subject, messages))
    }

    fn lost(&self, why: &str) -> TransportError {
        unavailable(format!("the consumer `{}` is lost: {why}", self.name))
    }
}

impl Consumer for NatsConsumer {
    fn next(&mut self) -> MaybeReady<'_, Result<Option<Incoming>, TransportError>> {
        MaybeReady::later(async { self.receive().await.map(Some) })
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        let returning = self.returning();
        Box::pin(async {
            match returning {
                Some(returning) => returning.await,
                None => Ok(()),
            }
        })
    }
}

impl Drop for NatsConsumer {
    /// Gives back in the background what nobody has seen.
    fn drop(&mut self) {
        if let Some(returning) = self.returning()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(returning);
        }
    }
}

/// Gives back what the server has sent and nobody has seen.
async fn give_back(
    api: Arc<Api>,
    subject: String,
    messages: Subscriber,
) -> Result<(), TransportError> {
    let look = || api.request("ask for a consumer", &subject, None, Bytes::new());
    // What the server is about to send arrives before its answer does.
    look().await?;
    let unseen = timeout(api.timeout, drained(messages));
    let unseen = unseen.await.unwrap_or_default();
    // It makes the server forget the requests for messages that nobody waits for. Servers of 2.9
    // mistake another message for one that is given back while there is only such a request.
    look().await?;
    for reply in unseen {
        // Where it does not arrive, the message comes after `ack_wait`.
        let given_back = api.client.publish(reply, AckKind::Nak(None).into()).await;
        given_back.map_err(|error| {
            unavailable("give back what nobody has seen".to_owned()).caused_by(text(&error))
        })?;
    }
    // The answer says that the server has what was sent before.
    look().await.map(drop)
}

/// Unsubscribes, and returns where to settle the messages that have come until the server knew.
async fn drained(mut messages: Subscriber) -> Vec<Subject> {
    let mut unseen = Vec::new();
    if messages.drain().await.is_err() {
        return unseen;
    }
    while let Some(message) = poll_fn(|context| Pin::new(&mut messages).poll_next(context)).await {
        if message.status.is_none() {
            unseen.extend(message.reply);
        }
    }
    unseen
}

fn connects(client: &Client) -> u64 {
    let statistics = client.statistics();
    statistics
        .connects
        .load(std::sync::atomic::Ordering::Relaxed)
}

fn nanoseconds(duration: Duration) -> u64 {
    duration.as_nanos().try_into().unwrap_or(u64::MAX)
}
