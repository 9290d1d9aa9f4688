//! The durable consumer on the server.

use eventkit::transport::TransportError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::error_response;
use super::settings::Settings;
use super::shared::Shared;

/// The part of a consumer's information that the transport reads.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ConsumerInfo {
    pub(super) config: Value,
    pub(super) ack_floor: AckFloor,
    pub(super) num_pending: u64,
    pub(super) num_ack_pending: u64,
    #[serde(default)]
    pub(super) paused: bool,
}

/// The position up to which all messages are settled.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct AckFloor {
    pub(super) stream_seq: u64,
}

impl ConsumerInfo {
    pub(super) fn settings(&self) -> Settings<'_> {
        Settings::new(&self.config)
    }

    /// Returns the sequence up to which all messages are settled, if any is.
    pub(super) fn settled(&self) -> Option<u64> {
        let settled = self.ack_floor.stream_seq;
        (settled > 0).then_some(settled)
    }

    /// Looks up a consumer; `None` if it does not exist.
    pub(super) async fn look_up(
        shared: &Shared,
        durable: &str,
    ) -> Result<Option<Self>, TransportError> {
        let call = format!("CONSUMER.INFO.{}.{durable}", shared.stream.settings.name);
        shared.api.look_up(&describe(shared, durable), &call).await
    }

    /// Creates a consumer; `None` if another process did so meanwhile.
    pub(super) async fn create(
        shared: &Shared,
        durable: &str,
        config: &Value,
    ) -> Result<Option<Self>, TransportError> {
        let (call, body) = create_call(shared, durable, config, "create");
        shared
            .api
            .create(&describe(shared, durable), &call, &body)
            .await
    }

    /// Updates a consumer.
    pub(super) async fn update(
        shared: &Shared,
        durable: &str,
        config: &Value,
    ) -> Result<Self, TransportError> {
        let operation = format!("update {}", describe(shared, durable));
        let (call, body) = create_call(shared, durable, config, "update");
        let updated: Result<Self, _> = shared.api.call(&operation, &call, &body).await?;
        updated.map_err(|error| error_response(&operation, error))
    }
}

/// Names a consumer in messages.
pub(super) fn describe(shared: &Shared, durable: &str) -> String {
    let stream = &shared.stream.settings.name;
    format!("the consumer `{durable}` of the stream `{stream}`")
}

/// Returns the call of the API that creates or updates a consumer, and its body; servers before 2.10
/// ignore the `action`.
fn create_call(shared: &Shared, durable: &str, config: &Value, action: &str) -> (String, Value) {
    let stream = &shared.stream.settings.name;
    let mut call = format!("CONSUMER.CREATE.{stream}.{durable}");
    let filter = Settings::new(config).text("filter_subject");
    if !filter.is_empty() {
        call.push('.');
        call.push_str(filter);
    }
    let body = json!({ "stream_name": stream, "config": config, "action": action });
    (call, body)
}
