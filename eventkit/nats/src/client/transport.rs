//! The transport, and its subscriptions.

use std::fmt;
use std::sync::Arc;

use eventkit::transport::{
    BoxFuture, Consumer, Subscription, SubscriptionInfo, SubscriptionStatus, Transport,
    TransportError,
};

use super::active_subscription::ActiveSubscription;
use super::consumer::NatsConsumer;
use super::selection::Selection;
use super::shared::Shared;
use super::{aliases, subscriptions};
use crate::mapping::subject::is_token;

/// A transport on NATS JetStream; clones share the connection.
///
/// The front page of the [crate] publishes events and runs a service with one.
#[derive(Clone)]
pub struct Nats {
    pub(super) shared: Arc<Shared>,
}

impl Nats {
    async fn open_consumer(
        &self,
        subscription: &Subscription,
    ) -> Result<NatsConsumer, TransportError> {
        let shared = &self.shared;
        self.check_subscription(subscription)?;
        // A stream in memory is lost when its server restarts, so it may have to be created again.
        let stream = shared.stream.ensure(&shared.api).await?;
        let stored = stream.0.settings().texts("subjects");
        shared.check_services(subscription, &stored)?;
        shared.unselected.add_subscription(subscription);
        shared.state.ensure(&stream.0).await?;
        let name = aliases::resolve(shared, subscription).await?;
        let durable = shared.use_durable(&subscription.name, &name);
        let active = ActiveSubscription::open(shared, subscription, durable, &stream).await?;
        NatsConsumer::open(Arc::new(active)).await
    }
}

/// Checks a name that is used as a token of subjects.
pub(super) fn check_name(kind: &str, name: &str) -> Result<(), TransportError> {
    if is_token(name) {
        return Ok(());
    }
    Err(TransportError::configuration(format!(
        "the {kind} `{name}` is not a valid name: expected letters, digits, `-` and `_`"
    )))
}

fn check_subscription(
    subscription: &Subscription,
    max_ack_pending: usize,
) -> Result<(), TransportError> {
    let name = &subscription.name;
    check_name("subscription", name)?;
    for former in &subscription.formerly {
        check_name("former subscription", former)?;
    }
    if subscription.patterns.is_empty() {
        return Err(TransportError::configuration(format!(
            "the subscription `{name}` has no patterns"
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
        check_subscription(subscription, self.shared.max_ack_pending_of(subscription))?;
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
        let Some(durable) = self.shared.known_durable(&subscription.name) else {
            return SubscriptionStatus::default();
        };
        let filters = self.shared.mapping.subjects.filters_of(subscription);
        let mut status = durable.status(&Selection::new(subscription, &filters).digest);
        let unselected = self.shared.unselected.warning(&subscription.name);
        status.warnings.extend(unselected);
        status
    }
}

impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subjects = self.shared.mapping.subjects.of_events().join(", ");
        f.debug_struct("Nats")
            .field("stream", &self.shared.stream.settings.name)
            .field("subjects", &format_args!("{subjects}"))
            .finish_non_exhaustive()
    }
}
