//! Requests to the server, and to the API of JetStream.
//!
//! `jetstream::Context` of async-nats is not used. It has an error type for each call, decodes more
//! of a response than old servers send, and does not bound the time that a request waits for room in
//! the queue of a client without a connection. Its consumers keep requesting full batches, whatever
//! is unsettled.

use std::time::Duration;

use async_nats::client::Request;
use async_nats::jetstream::Error as ApiError;
use async_nats::jetstream::response::Response;
use async_nats::{Client, HeaderMap, Message};
use bytes::Bytes;
use eventkit::transport::TransportError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::error::{configuration, no_response, unavailable};

/// The connection, and how to reach JetStream over it.
///
/// The `operation` of each method completes the message "failed to ..".
#[derive(Debug, Clone)]
pub(super) struct Api {
    pub(super) client: Client,
    /// The prefix of the API's subjects, such as `$JS.API`.
    pub(super) prefix: String,
    /// The time limit of a request.
    pub(super) timeout: Duration,
}

impl Api {
    /// Returns whether the server is 2.10 or later: it takes several filters, and updates them.
    pub(super) fn is_2_10(&self) -> bool {
        self.client.is_server_compatible(2, 10, 0)
    }

    /// Sends a message and waits for the response.
    pub(super) async fn request(
        &self,
        operation: &str,
        subject: &str,
        headers: Option<HeaderMap>,
        body: Bytes,
    ) -> Result<Message, TransportError> {
        let mut request = Request::new().payload(body).timeout(None);
        if let Some(headers) = headers {
            request = request.headers(headers);
        }
        let response = self.client.send_request(subject.to_owned(), request);
        match timeout(self.timeout, response).await {
            Ok(response) => response.map_err(|error| no_response(operation, &error)),
            Err(_) => Err(unavailable(format!(
                "failed to {operation}: no answer within {:?}",
                self.timeout
            ))),
        }
    }

    /// Sends a request without a body to the API; the inner error is the response of the server.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        operation: &str,
        subject: &str,
    ) -> Result<Result<T, ApiError>, TransportError> {
        self.call(operation, subject, Bytes::new()).await
    }

    /// Sends a request with a body to the API; the inner error is the response of the server.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        operation: &str,
        subject: &str,
        body: &impl Serialize,
    ) -> Result<Result<T, ApiError>, TransportError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| configuration(format!("failed to {operation}")).with_source(error))?;
        self.call(operation, subject, body.into()).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        operation: &str,
        subject: &str,
        body: Bytes,
    ) -> Result<Result<T, ApiError>, TransportError> {
        let subject = format!("{}.{subject}", self.prefix);
        let response = self.request(operation, &subject, None, body).await?;
        parse_response(operation, &response.payload)
    }
}

/// Parses a response of JetStream.
pub(super) fn parse_response<T: DeserializeOwned>(
    operation: &str,
    body: &[u8],
) -> Result<Result<T, ApiError>, TransportError> {
    match serde_json::from_slice(body) {
        Ok(Response::Ok(response)) => Ok(Ok(response)),
        Ok(Response::Err { error }) => Ok(Err(error)),
        Err(error) => Err(unavailable(format!(
            "failed to {operation}: the response is not one of JetStream"
        ))
        .with_source(error)),
    }
}
