//! The durable consumers of the stream, as listed by the server.

use std::time::Duration;

use eventkit::event::Timestamp;
use eventkit::transport::{SubscriptionInfo, TransportError};
use serde::Deserialize;
use serde_json::json;

use super::aliases::{self, Renamed};
use super::error::error_response;
use super::shared::Shared;

/// One page of the list.
#[derive(Debug, Deserialize)]
struct Page {
    total: usize,
    /// Servers send `null` instead of an empty list.
    consumers: Option<Vec<ListedConsumer>>,
}

/// The fields of the consumer information that the transport reads.
#[derive(Debug, Deserialize)]
struct ListedConsumer {
    name: String,
    config: ListedConfig,
    delivered: Delivered,
    num_ack_pending: u64,
    num_pending: u64,
    #[serde(default)]
    num_waiting: u64,
}

#[derive(Debug, Deserialize)]
struct ListedConfig {
    durable_name: Option<String>,
    /// In nanoseconds.
    #[serde(default)]
    ack_wait: u64,
}

#[derive(Debug, Deserialize)]
struct Delivered {
    last_active: Option<String>,
}

/// Lists the durable consumers.
pub(super) async fn list(shared: &Shared) -> Result<Vec<SubscriptionInfo>, TransportError> {
    let stream = &shared.stream.settings.name;
    let operation = format!("list the consumers of the stream `{stream}`");
    let call = format!("CONSUMER.LIST.{stream}");
    let renamed = aliases::renamed(&shared.state).await?;
    let mut subscriptions = Vec::new();
    let mut offset = 0;
    loop {
        let request = json!({ "offset": offset });
        let page: Result<Page, _> = shared.api.call(&operation, &call, &request).await?;
        let Page { total, consumers } = page.map_err(|error| error_response(&operation, error))?;
        let consumers = consumers.unwrap_or_default();
        let count = consumers.len();
        let durable = consumers
            .into_iter()
            .filter(|consumer| consumer.config.durable_name.is_some());
        subscriptions.extend(durable.map(|consumer| consumer.into_info(&renamed)));
        offset += count;
        if count == 0 || offset >= total {
            return Ok(subscriptions);
        }
    }
}

impl ListedConsumer {
    /// Returns the information with the latest name of the subscription.
    fn into_info(self, renamed: &[Renamed]) -> SubscriptionInfo {
        let has_consumer = self.num_waiting > 0 || self.is_busy();
        let unsettled = self.num_pending + self.num_ack_pending;
        let own = renamed.iter().filter(|own| own.durable == self.name);
        let latest = own.clone().next().map_or(&self.name, |own| &own.latest);
        let names = own.map(|own| &own.name).chain([&self.name]);
        let former = names.filter(|name| *name != latest).cloned();
        SubscriptionInfo::new(latest, has_consumer, unsettled).with_former_names(former.collect())
    }

    /// Returns whether a process seems to be handling messages. A process with the maximum number
    /// of messages in flight requests no more of them.
    fn is_busy(&self) -> bool {
        let ack_wait = Duration::from_nanos(self.config.ack_wait);
        let last_active = self.delivered.last_active.as_deref();
        let last_active = last_active.and_then(|text| text.parse::<Timestamp>().ok());
        self.num_ack_pending > 0
            && last_active.is_some_and(|at| {
                let silence = Timestamp::now().signed_duration_since(*at).to_std();
                // The clock of the server may be ahead.
                silence.map_or(true, |silence| silence < ack_wait)
            })
    }
}
