//! The context of a check: a transport, and names that no other check uses.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use anyhow::{Chain, Context, Error, Result, anyhow, bail, ensure};
use eventkit::event::{Event, EventBuilder};
use eventkit::transport::{
    Consumer, Incoming, Published, RawMessage, Subscription, Transport, TransportError,
};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use uuid::Uuid;

use super::fixture::Fixture;

/// The context of a check.
pub(super) struct TestContext<'a> {
    pub(super) fixture: &'a dyn Fixture,
    pub(super) transport: Box<dyn Transport>,
    /// The unique segment of event types and prefix of names.
    scope: String,
}

impl<'a> TestContext<'a> {
    pub(super) async fn new(fixture: &'a dyn Fixture) -> Result<Self> {
        let scope = Uuid::new_v4().simple().to_string();
        Ok(Self {
            fixture,
            transport: open(fixture).await?,
            scope,
        })
    }

    /// Opens the transport again, as another process would.
    pub(super) async fn another(&self) -> Result<Box<dyn Transport>> {
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

    /// Returns a subscription whose unsettled messages are not redelivered before the timeout of
    /// the fixture.
    pub(super) fn patient_subscription(&self, rest: &str) -> Subscription {
        let mut subscription = self.subscription(rest, &[rest]);
        subscription.ack_wait = self.fixture.timeout() * 10;
        subscription
    }

    pub(super) async fn subscribe(&self, subscription: &Subscription) -> Result<Box<dyn Consumer>> {
        let subscribed = self.transport.subscribe(subscription);
        in_time(self.fixture, "subscribe", subscribed).await
    }

    /// Opens a consumer for one event type.
    pub(super) async fn consumer(&self, rest: &str) -> Result<Box<dyn Consumer>> {
        self.subscribe(&self.subscription(rest, &[rest])).await
    }

    /// Returns the builder for an event that only this check uses.
    pub(super) fn event(&self, rest: &str, id: &str) -> EventBuilder {
        Event::builder()
            .source("/conformance")
            .ty(self.ty(rest))
            .id(format!("{}-{rest}-{id}", self.scope))
            .data_text(id)
    }

    pub(super) async fn publish(&self, event: &Event) -> Result<Published> {
        let published = self.transport.publish_event(event);
        in_time(self.fixture, "publish", published).await
    }

    /// Publishes an event for each text, in order.
    pub(super) async fn publish_all(
        &self,
        rest: &str,
        texts: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<()> {
        for text in texts {
            self.publish(&build(self.event(rest, text.as_ref()))?)
                .await?;
        }
        Ok(())
    }

    pub(super) async fn publish_raw(&self, rest: &str, message: &RawMessage) -> Result<Published> {
        let ty = self.ty(rest);
        let published = self.transport.publish_raw(&ty, message);
        in_time(self.fixture, "publish a raw message", published).await
    }

    /// Waits for the next message.
    pub(super) async fn next(&self, consumer: &mut dyn Consumer) -> Result<Incoming> {
        let next = in_time(self.fixture, "wait for a message", consumer.next());
        next.await?.context("the consumer has ended")
    }

    /// Waits for the next message, which must contain this text.
    pub(super) async fn expect(
        &self,
        consumer: &mut dyn Consumer,
        expected: &str,
    ) -> Result<Incoming> {
        let incoming = self.next(consumer).await?;
        let found = text(&incoming)?;
        ensure!(
            found == expected,
            "received `{found}` of `{}`, delivery {}, expected `{expected}`",
            event(&incoming)?.ty(),
            incoming.metadata.delivery_count
        );
        Ok(incoming)
    }

    /// Receives and acknowledges one message for each of these texts, in any order.
    pub(super) async fn receive_all(
        &self,
        consumer: &mut dyn Consumer,
        texts: impl Iterator<Item = String>,
    ) -> Result<()> {
        let mut missing: BTreeSet<String> = texts.collect();
        while !missing.is_empty() {
            let incoming = self.next(consumer).await?;
            let found = text(&incoming)?;
            ensure!(
                missing.remove(&found),
                "received `{found}`, expected one of {missing:?}"
            );
            ack(incoming).await?;
        }
        Ok(())
    }

    /// Waits for a while, and checks that no message is received.
    pub(super) async fn expect_nothing(
        &self,
        consumer: &mut dyn Consumer,
        within: Duration,
    ) -> Result<()> {
        let Ok(next) = timeout(within, consumer.next()).await else {
            return Ok(());
        };
        let incoming = received(next)?;
        let found = text(&incoming)?;
        let count = incoming.metadata.delivery_count;
        bail!("received `{found}`, delivery {count}, expected nothing")
    }

    /// Waits long enough for an unsettled message to be redelivered, and checks that none is.
    pub(super) async fn expect_no_redelivery(&self, consumer: &mut dyn Consumer) -> Result<()> {
        self.expect_nothing(consumer, self.fixture.ack_wait() * 2)
            .await
    }

    /// Retries an operation until it succeeds, as a service does after a failure.
    pub(super) async fn retry<T>(
        &self,
        what: &str,
        mut attempt: impl AsyncFnMut() -> Result<T>,
    ) -> Result<T> {
        let until = Instant::now() + self.fixture.timeout();
        loop {
            let failure = match timeout_at(until, attempt()).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(failure)) => failure,
                Err(_) => bail!("{what}: timed out"),
            };
            if Instant::now() >= until {
                return Err(failure);
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn open(fixture: &dyn Fixture) -> Result<Box<dyn Transport>> {
    let opened = async { fixture.open().await.map_err(Error::from_boxed) };
    in_time(fixture, "open", opened).await
}

/// Runs an operation within the timeout of the fixture.
pub(super) async fn in_time<T, E: Into<Error>>(
    fixture: &dyn Fixture,
    operation: &'static str,
    future: impl Future<Output = Result<T, E>>,
) -> Result<T> {
    let limit = fixture.timeout();
    match timeout(limit, future).await {
        Ok(result) => result.map_err(|error| error.into().context(operation)),
        Err(_) => bail!("{operation}: timed out after {limit:?}"),
    }
}

pub(super) fn build(builder: EventBuilder) -> Result<Event> {
    builder.build().context("build an event")
}

/// Returns the message that a consumer received, or an error if there is none.
pub(super) fn received(next: Result<Option<Incoming>, TransportError>) -> Result<Incoming> {
    let next = next.context("the consumer is lost")?;
    next.context("the consumer has ended")
}

/// Returns the event of a message.
pub(super) fn event(incoming: &Incoming) -> Result<&Event> {
    let event = incoming.event.as_ref();
    event.map_err(|invalid| {
        let causes = Chain::new(&invalid.error).map(ToString::to_string);
        let causes: Vec<String> = causes.collect();
        anyhow!(
            "received a message that is not an event: {}",
            causes.join(": ")
        )
    })
}

/// Returns the data of a message's event as text.
pub(super) fn text(incoming: &Incoming) -> Result<String> {
    let text = event(incoming)?.data().and_then(|data| data.as_str());
    let text = text.context("received an event without its data")?;
    Ok(text.to_owned())
}

/// Checks that a value is the expected one.
pub(super) fn ensure_eq<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> Result<()> {
    ensure!(
        found == expected,
        "{what} is {found:?}, expected {expected:?}"
    );
    Ok(())
}

/// Checks how often a message was delivered, including this time.
pub(super) fn ensure_delivery_count(incoming: &Incoming, expected: u32) -> Result<()> {
    let count = incoming.metadata.delivery_count;
    ensure_eq("the delivery count", &count, &expected)
}

pub(super) async fn ack(incoming: Incoming) -> Result<()> {
    incoming.handle.ack().await.context("acknowledge")
}

pub(super) async fn nack(incoming: Incoming, delay: Duration) -> Result<()> {
    let nacked = incoming.handle.nack(delay);
    nacked.await.context("return a message")
}

pub(super) async fn terminate(incoming: Incoming) -> Result<()> {
    incoming.handle.terminate().await.context("terminate")
}

pub(super) fn numbers(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| number.to_string())
}
