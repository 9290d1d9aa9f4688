//! A transport on NATS `JetStream`.
//!
//! ```no_run
//! use eventkit::transport::nats::Nats;
//! use eventkit::transport::{Publisher, Subscription, Transport};
//! use eventkit::Event;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let nats = Nats::connect("nats://127.0.0.1:4222").stream("shop").open().await?;
//!
//! let event = Event::builder().source("/shop").ty("co.outcome.order.placed").build()?;
//! let published = nats.publish(&event).await?;
//! println!("stored at {:?}", published.position);
//!
//! let subscription = Subscription::new("receipts", ["co.outcome.order.*"]);
//! let mut consumer = nats.subscribe(&subscription).await?;
//! while let Some(incoming) = consumer.next().await? {
//!     println!("{:?}, attempt {}", incoming.event, incoming.info.attempt);
//!     incoming.settle.ack().await?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Servers from 2.9 on are supported. Messages follow the [binding](crate::binding::nats) of NATS.
//!
//! # What is on the server
//!
//! One stream holds all events, on the subjects `<prefix>.<type>`. It is made with these settings
//! where it is absent:
//!
//! | setting | is | and |
//! | --- | --- | --- |
//! | storage | in files | [`storage`](NatsBuilder::storage) |
//! | retention | limits | what is handled stays, for handlers to come; there is no limit until [`max_age`](NatsBuilder::max_age) or [`max_bytes`](NatsBuilder::max_bytes) is set |
//! | duplicates | found for 2 minutes | [`duplicate_window`](NatsBuilder::duplicate_window) |
//! | full | what comes is refused | nothing is deleted to make room |
//!
//! Each [`Subscription`] is a durable consumer of its name, which begins with the oldest event. It
//! acknowledges each message by itself, and delivers without end: how often is often enough is for
//! the service to say.
//!
//! A stream or consumer that is there already, for instance since an operator has made it with
//! settings of their own, is used where it keeps the promises. What does not fit is an error of the
//! kind [`Configuration`](super::TransportErrorKind::Configuration) that names each setting with
//! what was found and what is wanted.
//!
//! # Subjects and patterns
//!
//! A segment of an event type is a token of its subject. White space, `*`, `>`, `%` and all beyond
//! ASCII are percent-encoded in it, and an empty segment is `%`. Patterns become filters: `*` in
//! the middle stays, `*` at the end is `>`. Several patterns need a server of 2.10; before that,
//! and where two patterns have types in common and neither covers the other, the filter is the
//! narrowest one that covers all, and messages between them are acknowledged unseen.
//!
//! # What is promised
//!
//! - `publish` returns when the stream has stored the event. `Nats-Msg-Id` is made of source and
//!   id: a second publishing within the window is reported as a duplicate and not stored.
//! - Settling returns when the server has confirmed it.
//! - As many messages are asked for as may be in flight, and not one more.
//! - A consumer that the server, the network or an operator has taken away is an error of
//!   [`next`](super::Consumer::next) within two [heartbeats](NatsBuilder::heartbeat). The connection comes back by
//!   itself, without end.
//! - A consumer that is dropped gives back at once what nobody has seen. What the server sends in the
//!   very moment in which it learns of that comes again after `ack_wait`.
//!
//! A single server writes the state of consumers to its disk every 100 milliseconds or so: what
//! was acknowledged in the last moment before the server was killed comes again. With
//! [`replicas`](NatsBuilder::replicas) it does not.

mod api;
mod builder;
mod consumer;
mod differences;
mod durable;
mod message;
mod publish;
mod settle;
mod stream;
mod subject;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::api::Api;
use self::builder::{check_name, configuration};
use self::consumer::NatsConsumer;
use self::durable::Durable;
use self::message::Mode;
use self::stream::StreamSettings;
use self::subject::Filters;
use super::{BoxFuture, Consumer, Subscription, Transport, TransportError, TransportErrorKind};
use crate::__private::service::check_pattern;
use crate::binding::nats::Decoder;

pub use self::builder::NatsBuilder;
pub use self::stream::Storage;

/// Is a transport on NATS `JetStream`; a clone shares the connection.
#[derive(Clone)]
pub struct Nats {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    api: Api,
    stream: StreamSettings,
    /// What all subjects begin with.
    prefix: String,
    mode: Mode,
    decoder: Decoder,
    heartbeat: Duration,
    max_unsettled: usize,
    updates_consumers: bool,
}

impl Nats {
    /// Starts a transport on a server, or on several of a cluster with commas between.
    pub fn connect(urls: impl Into<String>) -> NatsBuilder {
        NatsBuilder::of_urls(urls.into())
    }

    /// Starts a transport on a client that is connected already.
    pub fn client(client: async_nats::Client) -> NatsBuilder {
        NatsBuilder::of_client(client)
    }

    async fn open_consumer(
        &self,
        subscription: &Subscription,
    ) -> Result<NatsConsumer, TransportError> {
        let shared = &*self.shared;
        check_name("subscription", &subscription.name)?;
        check_subscription(subscription, shared.max_unsettled)?;
        // It may have been lost with the server, where it is in memory.
        shared.stream.ensure(&shared.api, &shared.prefix).await?;
        let durable = Durable {
            stream: &shared.stream.name,
            subscription,
            filters: Filters::of(&shared.prefix, &subscription.patterns),
            max_unsettled: shared.max_unsettled,
            updates: shared.updates_consumers,
        };
        durable.ensure(&shared.api).await?;
        NatsConsumer::open(Arc::clone(&self.shared), subscription).await
    }
}

fn check_subscription(
    subscription: &Subscription,
    max_unsettled: usize,
) -> Result<(), TransportError> {
    let name = &subscription.name;
    if subscription.patterns.is_empty() {
        return Err(configuration(format!(
            "the subscription `{name}` has no pattern"
        )));
    }
    for pattern in &subscription.patterns {
        check_pattern(pattern).map_err(|expected| {
            configuration(format!(
                "the pattern `{pattern}` of the subscription `{name}`: {expected}"
            ))
        })?;
    }
    let in_flight = subscription.in_flight;
    if in_flight == 0 || in_flight > max_unsettled {
        let what = format!(
            "the subscription `{name}` has {in_flight} messages in flight, wanted is 1 to \
             {max_unsettled} (`NatsBuilder::max_unsettled`)"
        );
        return Err(configuration(what));
    }
    Ok(())
}

impl Transport for Nats {
    fn name(&self) -> &'static str {
        "nats"
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
        Box::pin(async move {
            let consumer = self.open_consumer(subscription).await?;
            Ok(Box::new(consumer) as Box<dyn Consumer>)
        })
    }
}

impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nats")
            .field("stream", &self.shared.stream.name)
            .field("subjects", &format_args!("{}.>", self.shared.prefix))
            .finish_non_exhaustive()
    }
}

fn unavailable(what: String) -> TransportError {
    TransportError::new(TransportErrorKind::Unavailable, what)
}
