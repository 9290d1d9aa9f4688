//! The transport, and its subscriptions.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use eventkit::transport::{
    BoxFuture, Consumer, SelectionRole, StartPosition, Subscription, SubscriptionInfo,
    SubscriptionStatus, Transport, TransportError,
};
use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use tracing::{info, warn};

use super::consumer::RabbitConsumer;
use super::deliveries::{MAX_HELD, prefetch};
use super::entry::{Entry, Opening, SubscriptionState, digest_of};
use super::error::answer;
#[cfg(feature = "management")]
use super::operators;
use super::shared::Shared;
use super::subscriptions;
use crate::mapping::names::{self, MAX_NAME, short};
use crate::mapping::routing;

/// The maximum number of retries after other processes renamed a subscription.
const MAX_CONFLICTS: u32 = 4;

/// A transport on RabbitMQ; clones share the connections.
///
/// The front page of the [crate] publishes events and runs a service with one.
#[derive(Clone)]
pub struct RabbitMq {
    pub(super) shared: Arc<Shared>,
}

impl RabbitMq {
    /// Declares the queues of all prepared subscriptions, so that none of them misses what is published once
    /// the first consumer is open. Concurrent calls wait for each other.
    async fn declare_prepared(&self) -> Result<(), TransportError> {
        let shared = &self.shared;
        let _declaring = shared.declaring.lock().await;
        loop {
            let next = shared.prepared().front().cloned();
            let Some(subscription) = next else {
                return Ok(());
            };
            match self.declare(&subscription).await {
                Err(error) if error.is_retriable() => return Err(error),
                // An error in its settings is reported when it is opened.
                _ => shared.prepared().pop_front(),
            };
        }
    }

    /// Declares the queue of a subscription with its bindings, and records its selection.
    async fn declare(
        &self,
        subscription: &Subscription,
    ) -> Result<SubscriptionState, TransportError> {
        let log = &self.shared.log;
        let Subscription { name, formerly, .. } = subscription;
        log.sync().await?;
        for _ in 0..MAX_CONFLICTS {
            let before = log.with_state(|state| {
                let former = || formerly.iter().find_map(|name| state.find(name));
                state.find(name).or_else(former).cloned()
            });
            let queue = before
                .as_ref()
                .map_or_else(|| self.shared.names.queue(name), |own| own.queue.clone());
            let declared = self.declare_queue(subscription, &queue, before.as_ref());
            let after = declared.await?;
            if after.queue == queue {
                return Ok(after);
            }
        }
        Err(TransportError::unavailable(format!(
            "failed to record the selection of the subscription `{name}`: other processes keep renaming it"
        )))
    }

    async fn declare_queue(
        &self,
        subscription: &Subscription,
        queue: &str,
        before: Option<&SubscriptionState>,
    ) -> Result<SubscriptionState, TransportError> {
        let Shared { log, .. } = &*self.shared;
        let name = &subscription.name;
        let administrator = self.shared.administrator();
        let opening = Opening::new(subscription, queue.to_owned(), before)?;
        let (digest, bindings) = (opening.digest.clone(), opening.bindings.clone());
        let role = before.map(|own| own.selections.role_of(&digest));
        let is_new = administrator.declare_subscription(queue).await?;
        // A selection whose queue is refused must not supersede others.
        #[cfg(feature = "management")]
        operators::check_queue(&self.shared, queue).await?;
        if is_new {
            self.report_creation(subscription, queue, before.is_some());
        }
        let own_names: BTreeSet<&str> = before
            .into_iter()
            .flat_map(SubscriptionState::names)
            .chain([&**name])
            .collect();
        let own_names: Vec<&str> = own_names.into_iter().collect();
        let own = routing::own_bindings(queue, &own_names);
        administrator.bind_all(queue, &own).await?;
        // This precedes the record of the selection, from which on other processes return what they do not select.
        if role != Some(SelectionRole::Superseded) {
            administrator.bind_all(queue, &bindings).await?;
        }
        log.append(Entry::Open(opening)).await?;
        let after = log.with_state(|state| state.find(name).cloned());
        let after = after.ok_or_else(|| {
            TransportError::unavailable(format!(
                "failed to record the selection of the subscription `{name}`"
            ))
        })?;
        match after.selections.role_of(&digest) {
            SelectionRole::Unknown => Err(TransportError::configuration(format!(
                "the subscription `{name}` was renamed to `{}`: give the new one another name, or declare \
                 `{}` as a former name of it",
                after.name, after.name
            ))),
            SelectionRole::Latest => {
                self.shared.remove_old_bindings(name, &digest).await?;
                Ok(after)
            }
            SelectionRole::Superseded => Ok(after),
        }
    }

    fn report_creation(&self, subscription: &Subscription, queue: &str, existed: bool) {
        let name = &subscription.name;
        if existed {
            let incident = format!(
                "the queue `{queue}` was deleted and is created again: its unhandled events are lost"
            );
            warn!(subscription = %name, "{incident}");
            self.shared
                .with_status(queue, |known| known.incident = Some(incident));
        } else {
            info!(subscription = %name, %queue, "created a queue, which begins with the next event");
        }
    }

    async fn open_consumer(
        &self,
        subscription: &Subscription,
    ) -> Result<RabbitConsumer, TransportError> {
        self.check_subscription(subscription)?;
        let shared = &self.shared;
        shared.administrator().declare_shared().await?;
        self.declare_prepared().await?;
        let declared = self.declare(subscription).await?;
        shared.wait_for_closing(&declared.queue).await;
        let channel = shared.links.consumers.channel().await?;
        let qos = channel.basic_qos(prefetch(subscription), BasicQosOptions::default());
        answer("limit the messages in flight", shared.timeout, qos).await?;
        let consuming = channel.basic_consume(
            short(&declared.queue),
            short(""),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let operation = format!("consume the queue `{}`", declared.queue);
        let consumer = answer(&operation, shared.timeout, consuming).await?;
        let digest = digest_of(subscription, &routing::bindings_of(subscription)?);
        let place = (declared.queue, digest);
        Ok(RabbitConsumer::new(
            shared,
            subscription,
            place,
            channel,
            consumer,
        ))
    }
}

impl Transport for RabbitMq {
    fn name(&self) -> &'static str {
        "rabbitmq"
    }

    fn prepare(&self, subscriptions: &[Subscription]) {
        self.shared.prepared().extend(subscriptions.iter().cloned());
    }

    fn check_subscription(&self, subscription: &Subscription) -> Result<(), TransportError> {
        let name = &subscription.name;
        names::check("subscription", name)?;
        for former in &subscription.formerly {
            names::check("former subscription", former)?;
        }
        let queue = self.shared.names.queue(name);
        if routing::return_key(&queue).len() > MAX_NAME {
            return Err(TransportError::configuration(format!(
                "the name `{name}` is too long for a queue of RabbitMQ, whose name has at most {MAX_NAME} bytes"
            )));
        }
        if subscription.patterns.is_empty() {
            return Err(TransportError::configuration(format!(
                "the subscription `{name}` has no patterns"
            )));
        }
        subscription.check_patterns()?;
        routing::bindings_of(subscription)?;
        if !matches!(subscription.start, None | Some(StartPosition::New)) {
            return Err(TransportError::configuration(format!(
                "the subscription `{name}` has a start position, but a queue of RabbitMQ begins with the first \
                 event that is published after it is created: remove the position, or use \"new\""
            )));
        }
        let max = usize::from(u16::MAX - MAX_HELD);
        let max_in_flight = subscription.max_in_flight;
        if max_in_flight == 0 || max_in_flight > max {
            return Err(TransportError::configuration(format!(
                "the subscription `{name}` allows {max_in_flight} messages in flight, expected 1 to {max}"
            )));
        }
        Ok(())
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

    fn subscriptions(
        &self,
    ) -> BoxFuture<'_, Result<Option<Vec<SubscriptionInfo>>, TransportError>> {
        Box::pin(async move { subscriptions::list(&self.shared).await.map(Some) })
    }

    fn subscription_status(&self, subscription: &Subscription) -> SubscriptionStatus {
        let shared = &self.shared;
        let mut status = SubscriptionStatus::default();
        let digest = routing::bindings_of(subscription).map(|own| digest_of(subscription, &own));
        let known = shared.log.with_state(|state| {
            let own = state.find(&subscription.name)?;
            let is_latest = own.selections.latest() == digest.ok()?;
            Some((own.queue.clone(), is_latest))
        });
        if let Some((queue, is_latest)) = known {
            status.superseded = !is_latest;
            shared.with_status(&queue, |known| {
                status.lag = known.lag;
                status.warnings.extend(known.incident.clone());
                status.warnings.extend(known.failure.clone());
                status.warnings.extend_from_slice(&known.warnings);
            });
        }
        if shared.publishing.is_blocked() {
            status.warnings.push(
                "the broker blocks publishing because of a memory or disk alarm: see `rabbitmqctl status`"
                    .to_owned(),
            );
        }
        status
    }
}

impl fmt::Debug for RabbitMq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitMq")
            .field("exchange", &self.shared.names.events)
            .finish_non_exhaustive()
    }
}
