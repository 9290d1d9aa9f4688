//! Changes that operators make with other tools of the broker.

use eventkit::BoxError;
use std::time::Duration;

use async_nats::Client;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::worker::SERVICE;

/// The time limit for a response of the broker.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to the `JetStream` API, separate from those of the workers.
#[derive(Debug)]
pub(crate) struct Operator {
    client: Client,
}

impl Operator {
    pub(crate) async fn connect(urls: &str) -> Result<Self, BoxError> {
        let servers: Vec<&str> = urls.split(',').collect();
        let client = async_nats::connect(servers).await?;
        Ok(Self { client })
    }

    /// Returns the information about the stream, or `None` if it does not exist.
    pub(crate) async fn stream(&self) -> Result<Option<Value>, BoxError> {
        let call = format!("STREAM.INFO.{SERVICE}");
        let info = self.call(&call, &json!({})).await?;
        match &info["error"]["code"] {
            Value::Null => Ok(Some(info)),
            code if *code == 404 => Ok(None),
            _ => Err(format!("no information about the stream: {info}").into()),
        }
    }

    /// Changes settings of the stream.
    pub(crate) async fn update_stream(&self, changes: &Value) -> Result<(), BoxError> {
        let info = self.stream().await?.ok_or("there is no stream to change")?;
        let config = changed(&info["config"], changes);
        self.do_it(&format!("STREAM.UPDATE.{SERVICE}"), &config)
            .await
    }

    pub(crate) async fn delete_stream(&self) -> Result<(), BoxError> {
        self.do_it(&format!("STREAM.DELETE.{SERVICE}"), &json!({}))
            .await
    }

    /// Deletes the messages before a position of the stream.
    pub(crate) async fn purge_before(&self, position: u64) -> Result<(), BoxError> {
        let body = json!({ "seq": position });
        self.do_it(&format!("STREAM.PURGE.{SERVICE}"), &body).await
    }

    /// Returns the information about the durable consumer of a handler.
    pub(crate) async fn consumer(&self, handler: &str) -> Result<Value, BoxError> {
        let name = durable(handler);
        self.call(&format!("CONSUMER.INFO.{SERVICE}.{name}"), &json!({}))
            .await
    }

    /// Changes settings of the durable consumer of a handler.
    pub(crate) async fn update_consumer(
        &self,
        handler: &str,
        changes: &Value,
    ) -> Result<(), BoxError> {
        let config = changed(&self.consumer(handler).await?["config"], changes);
        let body = json!({ "stream_name": SERVICE, "config": config });
        let name = durable(handler);
        self.do_it(&format!("CONSUMER.DURABLE.CREATE.{SERVICE}.{name}"), &body)
            .await
    }

    pub(crate) async fn delete_consumer(&self, handler: &str) -> Result<(), BoxError> {
        let name = durable(handler);
        self.do_it(&format!("CONSUMER.DELETE.{SERVICE}.{name}"), &json!({}))
            .await
    }

    /// Calls the API, and returns an error if the server reports one.
    async fn do_it(&self, call: &str, body: &Value) -> Result<(), BoxError> {
        let response = self.call(call, body).await?;
        match &response["error"] {
            Value::Null => Ok(()),
            error => Err(format!("{call}: {error}").into()),
        }
    }

    async fn call(&self, call: &str, body: &Value) -> Result<Value, BoxError> {
        let request = self
            .client
            .request(format!("$JS.API.{call}"), body.to_string().into());
        let response = timeout(PATIENCE, request).await;
        let response = response.map_err(|_| format!("{call}: no response"))??;
        Ok(serde_json::from_slice(&response.payload)?)
    }
}

/// Returns the name of the durable consumer of a handler.
fn durable(handler: &str) -> String {
    format!("{SERVICE}--{handler}")
}

fn changed(config: &Value, changes: &Value) -> Value {
    let mut config = config.clone();
    for (name, value) in changes.as_object().into_iter().flatten() {
        config[name] = value.clone();
    }
    config
}
