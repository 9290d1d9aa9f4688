//! The transport, and its subscriptions.

use std::fmt;
use std::sync::Arc;

use eventkit::transport::{
    BoxFuture, Consumer, Subscription, SubscriptionInfo, SubscriptionStatus, Transport,
    TransportError,
};

use super::consumer::NatsConsumer;
use super::consumer_spec::ConsumerSpec;
use super::shared::Shared;
use super::subscriptions;
use crate::mapping::subject::is_token;

/// A transport on NATS JetStream; clones share the connection.
#[derive(Clone)]
pub struct Nats {
    pub(super) shared: Arc<Shared>,
}

impl Nats {
    async fn open_consumer(
        &self,
        subscription: &Subscription,
    ) -> Result<NatsConsumer, TransportError> {
        let shared = &*self.shared;
        check(subscription, shared.max_ack_pending)?;
        // A stream in memory is lost when its server restarts.
        let subjects = &shared.mapping.subjects;
        let stored = shared.stream.ensure(&shared.api, subjects).await?;
        shared.check_services(subscription, &stored)?;
        shared.unselected.add_subscription(subscription);
        let spec = ConsumerSpec {
            shared,
            subscription,
            filters: subjects.filters_of(subscription),
        };
        spec.ensure().await?;
        NatsConsumer::open(Arc::clone(&self.shared), subscription).await
    }
}

/// Checks a name that becomes a token of subjects.
pub(super) fn check_name(kind: &str, name: &str) -> Result<(), TransportError> {
    if is_token(name) {
        return Ok(());
    }
    Err(TransportError::configuration(format!(
        "the {kind} `{name}`: a name consists of letters, digits, `-` and `_`"
    )))
}

fn check(subscription: &Subscription, max_ack_pending: usize) -> Result<(), TransportError> {
    check_name("subscription", &subscription.name)?;
    let name = &subscription.name;
    if subscription.patterns.is_empty() {
        return Err(TransportError::configuration(format!(
            "the subscription `{name}` has no pattern"
        )));
    }
    subscription.check_patterns()?;
    let max_in_flight = subscription.max_in_flight;
    if max_in_flight == 0 || max_in_flight > max_ack_pending {
        return Err(TransportError::configuration(format!(
            "the subscription `{name}` allows {max_in_flight} messages in flight, expected 1 to \
             {max_ack_pending} (`NatsBuilder::max_ack_pending`)"
        )));
    }
    Ok(())
}

impl Transport for Nats {
    fn name(&self) -> &'static str {
        "nats"
    }

    fn prepare(&self, subscriptions: &[Subscription]) {
        for subscription in subscriptions {
            self.shared.unselected.add_subscription(subscription);
        }
    }

    fn check_subscription(&self, subscription: &Subscription) -> Result<(), TransportError> {
        check(subscription, self.shared.max_ack_pending)?;
        let stored = &self.shared.stream_subjects;
        self.shared.check_services(subscription, stored)
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
        let mut status = SubscriptionStatus::default();
        let unselected = self.shared.unselected.warning(&subscription.name);
        status.warnings.extend(unselected);
        status
    }
}

impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subjects = self.shared.mapping.subjects.of_events().join(", ");
        f.debug_struct("Nats")
            .field("stream", &self.shared.stream.name)
            .field("subjects", &format_args!("{subjects}"))
            .finish_non_exhaustive()
    }
}
