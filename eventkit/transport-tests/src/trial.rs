//! What each check starts with: a transport, and names of its own.

use std::error::Error;
use std::future::Future;
use std::iter;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout, timeout_at};
use uuid::Uuid;

use super::{Failure, Setup};
use eventkit::event::{Event, EventBuilder};
use eventkit::transport::{Consumer, Incoming, Published, RawMessage, Subscription, Transport};

/// One check of one promise.
pub(super) struct Trial<'a> {
    pub(super) setup: &'a dyn Setup,
    pub(super) transport: Box<dyn Transport>,
    /// A segment of event types, and the start of names, that no other trial has.
    scope: String,
}

pub(super) fn broken(how: impl Into<String>) -> Failure {
    Failure::Broken(how.into())
}

/// Is a failure unless something holds.
pub(super) fn ensure(holds: bool, how: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(broken(how())) }
}

/// Says what a transport has refused.
pub(super) fn refused(what: &str, error: &(dyn Error + 'static)) -> Failure {
    let causes = iter::successors(Some(error), |error| (*error).source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    broken(format!("{what}: {}", causes.join(": ")))
}

impl<'a> Trial<'a> {
    pub(super) async fn new(setup: &'a dyn Setup) -> Result<Self, Failure> {
        let scope = Uuid::new_v4().simple().to_string();
        Ok(Self {
            setup,
            transport: open(setup).await?,
            scope,
        })
    }

    /// Opens the transport once more, as another process would.
    pub(super) async fn another(&self) -> Result<Box<dyn Transport>, Failure> {
        open(self.setup).await
    }

    /// Returns an event type of this trial.
    pub(super) fn ty(&self, rest: &str) -> String {
        format!("conformance.{}.{rest}", self.scope)
    }

    /// Returns a subscription of this trial.
    pub(super) fn subscription(&self, name: &str, rest: &[&str]) -> Subscription {
        let patterns: Vec<String> = rest.iter().map(|rest| self.ty(rest)).collect();
        let mut subscription = Subscription::new(format!("{}-{name}", self.scope), patterns);
        subscription.ack_wait = self.setup.ack_wait();
        subscription
    }

    pub(super) async fn subscribe(
        &self,
        subscription: &Subscription,
    ) -> Result<Box<dyn Consumer>, Failure> {
        let subscribed = self.transport.subscribe(subscription);
        let subscribed = self.in_time("subscribe", subscribed).await?;
        subscribed.map_err(|error| refused("subscribe", &error))
    }

    /// Subscribes to one event type, under its name.
    pub(super) async fn consumer(&self, rest: &str) -> Result<Box<dyn Consumer>, Failure> {
        self.subscribe(&self.subscription(rest, &[rest])).await
    }

    /// Starts an event of this trial.
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
        published.map_err(|error| refused("publish", &error))
    }

    /// Publishes events whose data are these texts, in this order.
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
        published.map_err(|error| refused("publish a raw message", &error))
    }

    /// Waits for the next message.
    pub(super) async fn next(&self, consumer: &mut dyn Consumer) -> Result<Incoming, Failure> {
        let next = self.in_time("wait for a message", consumer.next()).await?;
        next.map_err(|error| refused("the consumer is lost", &error))?
            .ok_or_else(|| broken("the consumer has ended"))
    }

    /// Waits for the next message, which has to be an event with this text.
    pub(super) async fn expect(
        &self,
        consumer: &mut dyn Consumer,
        expected: &str,
    ) -> Result<Incoming, Failure> {
        let incoming = self.next(consumer).await?;
        let found = text(&incoming)?;
        ensure(found == expected, || {
            format!("`{found}` came, where `{expected}` was expected")
        })?;
        Ok(incoming)
    }

    /// Waits to see that nothing comes.
    pub(super) async fn expect_nothing(
        &self,
        consumer: &mut dyn Consumer,
        within: Duration,
    ) -> Result<(), Failure> {
        match timeout(within, consumer.next()).await {
            Err(_) => Ok(()),
            Ok(Err(error)) => Err(refused("the consumer is lost", &error)),
            Ok(Ok(None)) => Err(broken("the consumer has ended")),
            Ok(Ok(Some(incoming))) => {
                let found = text(&incoming)?;
                let attempt = incoming.metadata.delivery_count;
                let how = format!("`{found}` came, attempt {attempt}, where nothing was expected");
                Err(broken(how))
            }
        }
    }

    /// Returns how long it takes until what has not been settled has come again for sure.
    pub(super) fn long(&self) -> Duration {
        self.setup.ack_wait() * 2
    }

    pub(super) async fn in_time<T>(
        &self,
        what: &str,
        future: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let patience = self.setup.patience();
        let done = timeout(patience, future).await;
        done.map_err(|_| broken(format!("{what}: not within {patience:?}")))
    }

    /// Does something again and again until it is done, as a service does after a loss.
    pub(super) async fn until_done<T>(
        &self,
        what: &str,
        mut attempt: impl AsyncFnMut() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let until = Instant::now() + self.setup.patience();
        loop {
            let failure = match timeout_at(until, attempt()).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(failure)) => failure,
                Err(_) => return Err(broken(format!("{what}: not in time"))),
            };
            if Instant::now() >= until {
                return Err(failure);
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn open(setup: &dyn Setup) -> Result<Box<dyn Transport>, Failure> {
    let opened = timeout(setup.patience(), setup.open()).await;
    let opened = opened.map_err(|_| broken("open: not in time"))?;
    opened.map_err(|error| refused("open", &*error))
}

pub(super) fn build(builder: EventBuilder) -> Result<Event, Failure> {
    builder
        .build()
        .map_err(|error| refused("build an event", &error))
}

/// Returns the event of a message.
pub(super) fn event(incoming: &Incoming) -> Result<&Event, Failure> {
    let event = incoming.event.as_ref();
    event.map_err(|undecodable| refused("a message is no event", &undecodable.error))
}

/// Returns the text that the event of a message has as its data.
pub(super) fn text(incoming: &Incoming) -> Result<String, Failure> {
    let text = event(incoming)?.data().and_then(|data| data.as_str());
    let text = text.ok_or_else(|| broken("an event came without its data"))?;
    Ok(text.to_owned())
}

pub(super) async fn ack(incoming: Incoming) -> Result<(), Failure> {
    let acked = incoming.handle.ack().await;
    acked.map_err(|error| refused("acknowledge", &error))
}

pub(super) async fn nack(incoming: Incoming, delay: Duration) -> Result<(), Failure> {
    let nacked = incoming.handle.nack(delay).await;
    nacked.map_err(|error| refused("give back", &error))
}

pub(super) fn numbers(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| number.to_string())
}
