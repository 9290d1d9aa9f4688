//! The durable subscriptions of all services and processes.

use eventkit::transport::{SubscriptionInfo, TransportError};

use super::queue::Counts;
use super::shared::Shared;

/// Lists the subscriptions whose queues exist.
pub(super) async fn list(shared: &Shared) -> Result<Vec<SubscriptionInfo>, TransportError> {
    shared.log.sync().await?;
    let all: Vec<_> = shared
        .log
        .with_state(|state| state.all().cloned().collect());
    let mut listed = Vec::new();
    for subscription in all {
        let queue = &subscription.queue;
        if let Some(counts) = counts(shared, queue).await? {
            let unsettled = counts.ready + shared.in_hand(queue);
            listed.push(subscription.info(counts.consumers > 0, unsettled));
        }
    }
    Ok(listed)
}

/// Returns the counts of a queue, once the consumers of this process have all messages that they do not
/// include.
async fn counts(shared: &Shared, queue: &str) -> Result<Option<Counts>, TransportError> {
    for consumer in shared.consumers(queue) {
        // A consumer whose channel was lost has no messages.
        if let Ok(counts) = consumer.counts().await {
            return Ok(counts);
        }
    }
    shared.administrator().counts(queue).await
}
