//! The context of a check: a transport, and names that no other check uses.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use eventkit::event::{Event, EventBuilder};
use eventkit::transport::{Consumer, Incoming, Published, RawMessage, Subscription, Transport};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use uuid::Uuid;

use super::fixture::Fixture;
use super::outcome::{Failure, ensure, failed, failed_with};

/// The context of one check.
pub(super) struct TestContext<'a> {
    pub(super) fixture: &'a dyn Fixture,
    pub(super) transport: Box<dyn Transport>,
    /// A unique segment of event types, and prefix of names.
    scope: String,
}

impl<'a> TestContext<'a> {
    pub(super) async fn new(fixture: &'a dyn Fixture) -> Result<Self, Failure> {
        let scope = Uuid::new_v4().simple().to_string();
        Ok(Self {
            fixture,
            transport: open(fixture).await?,
            scope,
        })
    }

    /// Opens the transport again, like another process.
    pub(super) async fn another(&self) -> Result<Box<dyn Transport>, Failure> {
        open(self.fixture).await
    }

    /// Returns an event type that only this check uses.
    pub(super) fn ty(&self, rest: &str) -> String {
        format!("conformance.{}.{rest}", self.scope)
    }

    /// Returns a subscription that only this check uses.
    pub(super) fn subscription(&self, name: &str, rest: &[&str]) -> Subscription {
        let patterns: Vec<String> = rest.iter().map(|rest| self.ty(rest)).collect();
        let mut subscription = Subscription::new(format!("{}-{name}", self.scope), patterns);
        subscription.ack_wait = self.fixture.ack_wait();
        subscription
    }

    pub(super) async fn subscribe(
        &self,
        subscription: &Subscription,
    ) -> Result<Box<dyn Consumer>, Failure> {
        let subscribed = self.transport.subscribe(subscription);
        let subscribed = self.in_time("subscribe", subscribed).await?;
        subscribed.map_err(|error| failed_with("subscribe", &error))
    }

    /// Opens a consumer for one event type.
    pub(super) async fn consumer(&self, rest: &str) -> Result<Box<dyn Consumer>, Failure> {
        self.subscribe(&self.subscription(rest, &[rest])).await
    }

    /// Returns the builder of an event that only this check uses.
    pub(super) fn event(&self, rest: &str, id: &str) -> EventBuilder {
        Event::builder()
            .source("/conformance")
            .ty(self.ty(rest))
            .id(format!("{}-{rest}-{id}", self.scope))
            .data_text(id)
    }

    pub(super) async fn publish(&self, event: &Event) -> Result<Published, Failure> {
        let published = self
            .in_time("publish", self.transport.publish_event(event))
            .await?;
        published.map_err(|error| failed_with("publish", &error))
    }

    /// Publishes one event for each text, in order.
    pub(super) async fn publish_all(
        &self,
        rest: &str,
        texts: impl IntoIterator<Item = String>,
    ) -> Result<(), Failure> {
        for text in texts {
            self.publish(&build(self.event(rest, &text))?).await?;
        }
        Ok(())
    }

    pub(super) async fn publish_raw(
        &self,
        rest: &str,
        message: &RawMessage,
    ) -> Result<Published, Failure> {
        let ty = self.ty(rest);
        let published = self.transport.publish_raw(&ty, message);
        let published = self.in_time("publish a raw message", published).await?;
        published.map_err(|error| failed_with("publish a raw message", &error))
    }

    /// Waits for the next message.
    pub(super) async fn next(&self, consumer: &mut dyn Consumer) -> Result<Incoming, Failure> {
        let next = self.in_time("wait for a message", consumer.next()).await?;
        next.map_err(|error| failed_with("the consumer is lost", &error))?
            .ok_or_else(|| failed("the consumer has ended"))
    }

    /// Waits for the next message, which has to contain this text.
    pub(super) async fn expect(
        &self,
        consumer: &mut dyn Consumer,
        expected: &str,
    ) -> Result<Incoming, Failure> {
        let incoming = self.next(consumer).await?;
        let found = text(&incoming)?;
        ensure(found == expected, || {
            format!("received `{found}`, expected `{expected}`")
        })?;
        Ok(incoming)
    }

    /// Receives and acknowledges one message for each of these texts, in any order.
    pub(super) async fn receive_all(
        &self,
        consumer: &mut dyn Consumer,
        texts: impl Iterator<Item = String>,
    ) -> Result<(), Failure> {
        let mut missing: BTreeSet<String> = texts.collect();
        while !missing.is_empty() {
            let incoming = self.next(consumer).await?;
            let found = text(&incoming)?;
            ensure(missing.remove(&found), || {
                format!("received `{found}`, expected one of {missing:?}")
            })?;
            ack(incoming).await?;
        }
        Ok(())
    }

    /// Waits, and checks that no message is received.
    pub(super) async fn expect_nothing(
        &self,
        consumer: &mut dyn Consumer,
        within: Duration,
    ) -> Result<(), Failure> {
        match timeout(within, consumer.next()).await {
            Err(_) => Ok(()),
            Ok(Err(error)) => Err(failed_with("the consumer is lost", &error)),
            Ok(Ok(None)) => Err(failed("the consumer has ended")),
            Ok(Ok(Some(incoming))) => {
                let found = text(&incoming)?;
                let count = incoming.metadata.delivery_count;
                Err(failed(format!(
                    "received `{found}`, delivery {count}, expected nothing"
                )))
            }
        }
    }

    /// Returns a time in which an unsettled message is redelivered.
    pub(super) fn redelivery_time(&self) -> Duration {
        self.fixture.ack_wait() * 2
    }

    pub(super) async fn in_time<T>(
        &self,
        what: &str,
        future: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let limit = self.fixture.timeout();
        let result = timeout(limit, future).await;
        result.map_err(|_| failed(format!("{what}: timed out after {limit:?}")))
    }

    /// Repeats an operation until it succeeds, as a service does after a loss.
    pub(super) async fn retry<T>(
        &self,
        what: &str,
        mut attempt: impl AsyncFnMut() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let until = Instant::now() + self.fixture.timeout();
        loop {
            let failure = match timeout_at(until, attempt()).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(failure)) => failure,
                Err(_) => return Err(failed(format!("{what}: timed out"))),
            };
            if Instant::now() >= until {
                return Err(failure);
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn open(fixture: &dyn Fixture) -> Result<Box<dyn Transport>, Failure> {
    let opened = timeout(fixture.timeout(), fixture.open()).await;
    let opened = opened.map_err(|_| failed("open: timed out"))?;
    opened.map_err(|error| failed_with("open", &*error))
}

pub(super) fn build(builder: EventBuilder) -> Result<Event, Failure> {
    builder
        .build()
        .map_err(|error| failed_with("build an event", &error))
}

/// Returns the event of a message.
pub(super) fn event(incoming: &Incoming) -> Result<&Event, Failure> {
    let event = incoming.event.as_ref();
    event.map_err(|invalid| failed_with("received a message that is not an event", &invalid.error))
}

/// Returns the text that the event of a message has as its data.
pub(super) fn text(incoming: &Incoming) -> Result<String, Failure> {
    let text = event(incoming)?.data().and_then(|data| data.as_str());
    let text = text.ok_or_else(|| failed("received an event without its data"))?;
    Ok(text.to_owned())
}

pub(super) async fn ack(incoming: Incoming) -> Result<(), Failure> {
    let acked = incoming.handle.ack().await;
    acked.map_err(|error| failed_with("acknowledge", &error))
}

pub(super) async fn nack(incoming: Incoming, delay: Duration) -> Result<(), Failure> {
    let nacked = incoming.handle.nack(delay).await;
    nacked.map_err(|error| failed_with("return a message", &error))
}

pub(super) fn numbers(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| number.to_string())
}
