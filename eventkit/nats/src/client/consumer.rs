//! The consumer, which requests as many messages as may be in flight, and detects when it is lost.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use async_nats::client::PublishError;
use async_nats::connection::State;
use async_nats::jetstream::consumer::pull::BatchConfig;
use async_nats::{Client, Message, StatusCode, Subscriber};
use eventkit::transport::{
    BoxFuture, Consumer, Incoming, MessageMetadata, REPLAY_PREFIX, ReservedMessage, TransportError,
    is_reserved, with_causes,
};
use eventkit::{DecodeError, Event};
use futures_core::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::debug;

use super::acknowledger::NatsAcknowledger;
use super::active_subscription::ActiveSubscription;
use super::aliases;
use super::catch_up::CatchUp;
use super::keeper::Keeper;
use super::shared::Shared;
use super::undelivered;
use super::unselected::Action;
use crate::binding::with_limits;
use crate::mapping::message;
use crate::mapping::subjects::Address;

/// The interval between checks of the connection.
const CONNECTION_CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// The consumer of a subscription.
///
/// There are `max_in_flight` permits. Each message that the server may still send holds one, and so
/// does each message that is delivered and unsettled.
#[derive(Debug)]
pub(super) struct NatsConsumer {
    subscription: Arc<ActiveSubscription>,
    /// The keeper task, which ends with the consumer.
    _keeper: Keeper,
    /// The subject to which the server sends messages and status messages.
    inbox: String,
    messages: Option<Subscriber>,
    max_in_flight: u32,
    permits: Arc<Semaphore>,
    /// The permits of messages that were requested and not yet taken from `messages`.
    requested: OwnedSemaphorePermit,
    last_received: Instant,
    /// The time of the next check, kept here because the futures that wait for it may be dropped.
    next_check: Instant,
    /// The number of connections that the client had made when the consumer was opened.
    connects: u64,
    /// The catch-up phase; present while messages must still be redelivered before newer ones.
    catch_up: Option<CatchUp>,
    /// The messages that were held back during the catch-up phase.
    held: VecDeque<Incoming>,
}

impl NatsConsumer {
    pub(super) async fn open(active: Arc<ActiveSubscription>) -> Result<Self, TransportError> {
        let ActiveSubscription {
            shared,
            subscription,
            ..
        } = &*active;
        let client = &shared.api.client;
        let connects = connects(client);
        let inbox = client.new_inbox();
        let messages = client.subscribe(inbox.clone()).await.map_err(|error| {
            TransportError::unavailable(format!(
                "failed to subscribe to the inbox of `{}`",
                subscription.name
            ))
            .with_source(error.to_string())
        })?;
        let max_in_flight = u32::try_from(subscription.max_in_flight).unwrap_or(u32::MAX);
        let permits = Arc::new(Semaphore::new(max_in_flight as usize));
        let none = Arc::clone(&permits).try_acquire_many_owned(0);
        let requested = none.expect("the semaphore is open");
        Ok(Self {
            catch_up: CatchUp::start(&active),
            held: VecDeque::new(),
            _keeper: Keeper::start(Arc::clone(&active)),
            subscription: active,
            inbox,
            messages: Some(messages),
            max_in_flight,
            permits,
            requested,
            last_received: Instant::now(),
            next_check: Instant::now() + CONNECTION_CHECK_INTERVAL,
            connects,
        })
    }

    async fn receive(&mut self) -> Result<Incoming, TransportError> {
        loop {
            self.end_catch_up().await?;
            if let Some(incoming) = self.held.pop_front() {
                return Ok(incoming);
            }
            self.request_messages().await?;
            let received = poll_fn(|context| Poll::Ready(self.poll_message(context))).await;
            let message = match received {
                Poll::Ready(message) => Some(message),
                // Boxed, since nothing is waited for while there are messages.
                Poll::Pending => Box::pin(self.wait()).await?,
            };
            let Some(message) = message else {
                continue;
            };
            let closed = || TransportError::closed("the NATS client was closed");
            let message = message.ok_or_else(closed)?;
            self.last_received = Instant::now();
            if let Some(status) = message.status {
                self.handle_status(status, &message)?;
            } else if let Some(incoming) = self.accept(message).await?
                && let Some(incoming) = self.hold(incoming)
            {
                return Ok(incoming);
            }
        }
    }

    /// Waits for the next message, which is absent if the client was closed; returns `None` if there is
    /// something else to do.
    async fn wait(&mut self) -> Result<Option<Option<Message>>, TransportError> {
        let permits = Arc::clone(&self.permits);
        let (min_batch, next_check) = (self.min_batch(), self.next_check);
        let is_catching_up = self.catch_up.is_some();
        tokio::select! {
            biased;
            message = poll_fn(|context| self.poll_message(context)) => return Ok(Some(message)),
            // There are enough permits for another request.
            _ = permits.acquire_many(min_batch), if !is_catching_up => {}
            () = sleep_until(next_check) => {
                self.next_check = Instant::now() + CONNECTION_CHECK_INTERVAL;
                self.check_connection()?;
            }
        }
        Ok(None)
    }

    /// Ends the catch-up phase if there is nothing left to wait for.
    async fn end_catch_up(&mut self) -> Result<(), TransportError> {
        if let Some(catch_up) = &mut self.catch_up
            // Boxed, so that the common case does not carry the size of the rare one.
            && Box::pin(catch_up.is_over(&self.subscription)).await?
        {
            self.held = self
                .catch_up
                .take()
                .map_or_else(VecDeque::new, CatchUp::into_held);
        }
        Ok(())
    }

    /// Returns a message, unless it is held back because older ones may be missing.
    fn hold(&mut self, incoming: Incoming) -> Option<Incoming> {
        match &mut self.catch_up {
            Some(catch_up) => {
                catch_up.hold(incoming);
                None
            }
            None => Some(incoming),
        }
    }

    /// Takes the held messages that were not delivered.
    fn take_held(&mut self) -> VecDeque<Incoming> {
        let mut held = mem::take(&mut self.held);
        if let Some(catch_up) = self.catch_up.take() {
            held.extend(catch_up.into_held());
        }
        held
    }

    /// Returns the minimum size of a request: half of all permits, or one if nothing is requested.
    fn min_batch(&self) -> u32 {
        if self.requested.num_permits() == 0 {
            1
        } else {
            self.max_in_flight.div_ceil(2)
        }
    }

    /// Requests a message for each free permit, if there are enough permits for a request.
    async fn request_messages(&mut self) -> Result<(), TransportError> {
        let mut available = u32::try_from(self.permits.available_permits()).unwrap_or(u32::MAX);
        if let Some(catch_up) = &self.catch_up {
            if self.requested.num_permits() > 0 || !catch_up.may_request() {
                return Ok(());
            }
            available = available.min(1);
        }
        if available < self.min_batch() {
            return Ok(());
        }
        let Ok(permits) = Arc::clone(&self.permits).try_acquire_many_owned(available) else {
            return Ok(());
        };
        // Boxed, since most messages need no request.
        Box::pin(self.send_request(permits.num_permits())).await?;
        if self.requested.num_permits() == 0 {
            // The server sends no heartbeats while nothing is requested.
            self.last_received = Instant::now();
        }
        self.requested.merge(permits);
        Ok(())
    }

    async fn send_request(&self, batch: usize) -> Result<(), TransportError> {
        let heartbeat = self.shared().idle_heartbeat;
        let config = if self.catch_up.is_some() {
            BatchConfig {
                batch,
                no_wait: true,
                ..BatchConfig::default()
            }
        } else {
            BatchConfig {
                batch,
                expires: Some(self.shared().max_expires()),
                idle_heartbeat: heartbeat,
                ..BatchConfig::default()
            }
        };
        let body = serde_json::to_vec(&config).map_err(|error| {
            TransportError::configuration("failed to serialize a request for messages")
                .with_source(error)
        })?;
        let (subject, reply) = (self.api_subject("MSG.NEXT"), self.inbox.clone());
        let client = &self.shared().api.client;
        self.queued(client.publish_with_reply(subject, reply, body.into()))
            .await
    }

    fn shared(&self) -> &Shared {
        &self.subscription.shared
    }

    fn poll_message(&mut self, context: &mut Context<'_>) -> Poll<Option<Message>> {
        match &mut self.messages {
            Some(messages) => Pin::new(messages).poll_next(context),
            None => Poll::Ready(None),
        }
    }

    /// Returns the API subject for a call about this consumer.
    fn api_subject(&self, call: &str) -> String {
        let Shared { api, stream, .. } = self.shared();
        format!(
            "{}.CONSUMER.{call}.{}.{}",
            api.prefix, stream.settings.name, self.subscription.durable.name
        )
    }

    /// Handles a status message of the server.
    fn handle_status(
        &mut self,
        status: StatusCode,
        message: &Message,
    ) -> Result<(), TransportError> {
        let description = message.description.as_deref().unwrap_or_default();
        match status.as_u16() {
            // An idle heartbeat.
            100 => {}
            // The request has ended, with or without messages.
            404 | 408 => {
                self.release_pending(message);
                if let Some(catch_up) = &mut self.catch_up {
                    catch_up.note_idle();
                }
            }
            409 if description.eq_ignore_ascii_case("Batch Completed") => {
                self.release_pending(message);
            }
            // A limit of the consumer was exceeded, and retrying does not help.
            409 if description.starts_with("Exceeded MaxRequest")
                || description.contains("push based") =>
            {
                let name = &self.subscription.subscription.name;
                let message = format!("the consumer `{name}`: {description}");
                return Err(TransportError::configuration(message));
            }
            503 => return Err(self.lost("the server has no such consumer")),
            code => return Err(self.lost(&format!("{code} {description}"))),
        }
        Ok(())
    }

    /// Releases the permits of requested messages that the server did not send.
    fn release_pending(&mut self, status: &Message) {
        let headers = status.headers.as_ref();
        let pending = headers.and_then(|headers| headers.get("Nats-Pending-Messages"));
        let pending = pending.and_then(|pending| pending.as_str().parse().ok());
        let all = self.requested.num_permits();
        drop(self.requested.split(pending.unwrap_or(all).min(all)));
    }

    /// Decodes a message, or skips one that no pattern selects.
    async fn accept(&mut self, message: Message) -> Result<Option<Incoming>, TransportError> {
        let permit = self.requested.split(1);
        let metadata = message::metadata(&message);
        let (Some(metadata), Some(reply)) = (metadata, message.reply) else {
            return Err(self.lost("received a message that JetStream did not deliver"));
        };
        // Held messages must leave room for the messages of a lost consumer.
        let is_newer = self.catch_up.is_some() && metadata.delivery_count <= 1;
        let permit = permit.filter(|_| !is_newer);
        let active = Arc::clone(&self.subscription);
        let acknowledger = Arc::new(NatsAcknowledger::new(active, reply, metadata, permit));
        let shared = self.shared();
        let mapping = &shared.mapping;
        let address = mapping.subjects.address(&message.subject);
        let address = match address {
            // Boxed, so that the common case does not carry the size of the rare one.
            Address::Reserved(ty) => Address::Reserved(Box::pin(self.own_type(ty)).await?),
            other => other,
        };
        if !self.receives(&address) {
            skip(acknowledger, metadata);
            return Ok(None);
        }
        let decoder = with_limits(mapping.limits);
        let headers = message.headers.as_ref();
        let mut event = message::decode(decoder, headers, &message.payload);
        if let Some(ty) = self.unselected_type(&address, &event) {
            let (name, subject) = (&self.subscription.subscription.name, &message.subject);
            let by_subject = match &address {
                Address::Type(by_subject) => Some(&**by_subject),
                _ => None,
            };
            // A later selection may include the message.
            let action = if self.subscription.is_superseded() {
                Action::Skip
            } else {
                shared.unselected.apply(name, subject, by_subject, ty)
            };
            match action {
                Action::DeadLetter
                    if Box::pin(self.subscription.is_latest())
                        .await
                        .unwrap_or(false) =>
                {
                    let error =
                        DecodeError::not_an_event(format!("no handler takes its type `{ty}`"));
                    let invalid = message::invalid(error, headers, &message.payload);
                    event = Err(Box::new(invalid));
                }
                Action::Skip | Action::DeadLetter => {
                    skip(acknowledger, metadata);
                    return Ok(None);
                }
            }
        }
        let reserved = match address {
            Address::Reserved(ty) => Some(ReservedMessage::new(ty, message::owned_pairs(headers))),
            _ => None,
        };
        let incoming = Incoming::new(event, metadata, acknowledger);
        Ok(Some(match reserved {
            Some(reserved) => incoming.with_reserved(reserved),
            None => incoming,
        }))
    }

    /// Returns the event type of a reserved message as the subscription knows it. Replays are
    /// addressed to any name of the durable, but a process of an earlier deployment does not know
    /// later names.
    async fn own_type<'a>(&self, ty: Cow<'a, str>) -> Result<Cow<'a, str>, TransportError> {
        let ActiveSubscription {
            shared,
            subscription,
            durable,
            ..
        } = &*self.subscription;
        if let Some(name) = ty.strip_prefix(REPLAY_PREFIX)
            && !subscription.selects(&ty)
            && aliases::is_name_of(shared, name, &durable.name).await?
        {
            return Ok(format!("{REPLAY_PREFIX}{}", subscription.name).into());
        }
        Ok(ty)
    }

    /// Returns whether the subscription receives messages at such a subject; one filter may cover
    /// other subjects too.
    fn receives(&self, address: &Address<'_>) -> bool {
        match address {
            Address::Reserved(ty) | Address::Type(ty) => self.subscription.subscription.selects(ty),
            Address::Event => {
                let mut patterns = self.subscription.subscription.patterns.iter();
                patterns.any(|pattern| !is_reserved(pattern))
            }
            Address::Other => false,
        }
    }

    /// Returns the type of an event that the subscription received but does not select.
    fn unselected_type<'e, E>(
        &self,
        address: &Address<'_>,
        event: &'e Result<Event, E>,
    ) -> Option<&'e str> {
        let ty = event.as_ref().ok()?.ty();
        let is_selected = match address {
            // The event in a dead letter or replay may be of any type.
            Address::Reserved(_) => true,
            Address::Type(by_subject) if by_subject == ty => true,
            _ => self.subscription.subscription.selects(ty),
        };
        (!is_selected).then_some(ty)
    }

    /// Waits until the client has queued a message. Without a connection its queue fills up.
    async fn queued(
        &self,
        sending: impl Future<Output = Result<(), PublishError>>,
    ) -> Result<(), TransportError> {
        match timeout(self.shared().api.timeout, sending).await {
            Ok(sent) => sent.map_err(|error| {
                self.lost("the client failed to send")
                    .with_source(error.to_string())
            }),
            Err(_) => Err(self.lost("there is no connection to the server")),
        }
    }

    /// Checks that the connection is up, that the server still has this consumer's requests, and
    /// that the keeper reported no error.
    fn check_connection(&self) -> Result<(), TransportError> {
        let client = &self.shared().api.client;
        if client.connection_state() != State::Connected {
            return Err(self.lost("there is no connection to the server"));
        }
        if connects(client) != self.connects {
            return Err(self.lost("the connection to the server was interrupted"));
        }
        if let Some(failure) = self.subscription.take_failure() {
            return Err(failure);
        }
        // One heartbeat may be late.
        let max_silence = self.shared().idle_heartbeat * 2;
        if self.requested.num_permits() > 0 && self.last_received.elapsed() > max_silence {
            return Err(self.lost("missed idle heartbeat"));
        }
        Ok(())
    }

    fn lost(&self, reason: &str) -> TransportError {
        TransportError::unavailable(format!(
            "the consumer `{}` is lost: {reason}",
            self.subscription.subscription.name
        ))
    }
}

impl Consumer for NatsConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        Box::pin(async { self.receive().await.map(Some) })
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        Box::pin(async move {
            let Some(messages) = self.messages.take() else {
                return Ok(());
            };
            let info_subject = self.api_subject("INFO");
            let held = self.take_held();
            undelivered::return_held(&self.subscription, held).await;
            undelivered::return_received(&self.subscription, &info_subject, messages).await?;
            if let Err(error) = self.subscription.record_settled().await {
                debug!(
                    error = with_causes(&error),
                    "failed to record the settled position of a closing consumer"
                );
            }
            Ok(())
        })
    }
}

impl Drop for NatsConsumer {
    /// Returns undelivered messages in the background.
    fn drop(&mut self) {
        if let Some(messages) = self.messages.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let subscription = Arc::clone(&self.subscription);
            let info_subject = self.api_subject("INFO");
            let held = self.take_held();
            runtime.spawn(async move {
                undelivered::return_held(&subscription, held).await;
                undelivered::return_received(&subscription, &info_subject, messages).await
            });
        }
    }
}

/// Skips a message in the background, since that reads the latest selection from the server.
fn skip(acknowledger: Arc<NatsAcknowledger>, message: MessageMetadata) {
    tokio::spawn(acknowledger.skip_undelivered(message));
}

pub(super) fn connects(client: &Client) -> u64 {
    client.statistics().connects.load(Ordering::Relaxed)
}
