//! API calls about a durable consumer.

use eventkit::transport::TransportError;
use serde_json::{Value, json};

use super::consumer_info::ConsumerInfo;
use super::error::error_response;
use super::settings::Settings;
use super::shared::Shared;

impl ConsumerInfo {
    /// Looks up a consumer; returns `None` if it does not exist.
    pub(super) async fn look_up(
        shared: &Shared,
        durable: &str,
    ) -> Result<Option<Self>, TransportError> {
        let call = format!("CONSUMER.INFO.{}.{durable}", shared.stream.settings.name);
        shared.api.look_up(&describe(shared, durable), &call).await
    }

    /// Creates a consumer; returns `None` if another process did so meanwhile.
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

/// Describes a consumer in messages.
pub(super) fn describe(shared: &Shared, durable: &str) -> String {
    let stream = &shared.stream.settings.name;
    format!("the consumer `{durable}` of the stream `{stream}`")
}

/// Returns the API call that creates or updates a consumer, and its body; servers before 2.10
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
