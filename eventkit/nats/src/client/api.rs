//! Requests to the server and to the JetStream API.
//!
//! This does not use `jetstream::Context` of async-nats. It has an error type for each call, and
//! requires fields in responses that old servers do not send. It does not limit how long a request
//! waits in the queue of a disconnected client. Its consumers always request full batches, however
//! many messages are unsettled.

use std::fmt::Display;
use std::time::Duration;

use async_nats::client::Request;
use async_nats::jetstream::response::Response;
use async_nats::jetstream::{Error as ApiError, ErrorCode};
use async_nats::{Client, HeaderMap, Message};
use bytes::Bytes;
use eventkit::BoxError;
use eventkit::transport::TransportError;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::timeout;

use super::error::{error_response, no_response};

/// A connection, and the settings to reach JetStream over it.
///
/// The `operation` parameter of each method completes the message "failed to ..".
#[derive(Debug, Clone)]
pub(super) struct Api {
    pub(super) client: Client,
    /// The prefix of the API's subjects, such as `$JS.API`.
    pub(super) prefix: String,
    /// The time limit of a request.
    pub(super) timeout: Duration,
}

impl Api {
    /// Returns whether the server is 2.10 or later, which supports several filters and can update
    /// them.
    pub(super) fn is_2_10(&self) -> bool {
        self.client.is_server_compatible(2, 10, 0)
    }

    /// Sends a message and waits for the response.
    pub(super) async fn request(
        &self,
        operation: &(impl Display + Sync + ?Sized),
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
            Err(_) => Err(self.no_answer(operation, subject)),
        }
    }

    /// Returns the error for a request that timed out.
    pub(super) fn no_answer(
        &self,
        operation: &(impl Display + ?Sized),
        subject: &str,
    ) -> TransportError {
        TransportError::unavailable(format!(
            "failed to {operation}: no response within {:?}; check the server, and that it permits the user \
             to publish to `{subject}`",
            self.timeout
        ))
    }

    /// Looks up a stream or a consumer; `None` if it does not exist.
    pub(super) async fn look_up<T: DeserializeOwned>(
        &self,
        what: &str,
        call: &str,
    ) -> Result<Option<T>, TransportError> {
        let operation = format!("look up {what}");
        match self.call(&operation, call, &json!({})).await? {
            Ok(found) => Ok(Some(found)),
            Err(error) => match error.error_code() {
                ErrorCode::STREAM_NOT_FOUND | ErrorCode::CONSUMER_NOT_FOUND => Ok(None),
                _ => Err(error_response(&operation, error)),
            },
        }
    }

    /// Creates a stream or a consumer; returns `None` if another process did so meanwhile.
    pub(super) async fn create<T: DeserializeOwned>(
        &self,
        what: &str,
        call: &str,
        body: &impl Serialize,
    ) -> Result<Option<T>, TransportError> {
        let operation = format!("create {what}");
        match self.call(&operation, call, body).await? {
            Ok(created) => Ok(Some(created)),
            Err(error) => match error.error_code() {
                ErrorCode::STREAM_NAME_EXIST | ErrorCode::CONSUMER_ALREADY_EXISTS => Ok(None),
                _ => Err(error_response(&operation, error)),
            },
        }
    }

    /// Deletes a message of a stream by its sequence; the inner error is the error response of the server.
    pub(super) async fn delete_message(
        &self,
        operation: &str,
        stream: &str,
        sequence: u64,
    ) -> Result<Result<(), ApiError>, TransportError> {
        let call = format!("STREAM.MSG.DELETE.{stream}");
        let request = json!({ "seq": sequence });
        let deleted = self.call::<IgnoredAny>(operation, &call, &request).await?;
        Ok(deleted.map(drop))
    }

    /// Sends a request to the API; the inner error is the error response of the server.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        operation: &str,
        call: &str,
        body: &impl Serialize,
    ) -> Result<Result<T, ApiError>, TransportError> {
        let body = serde_json::to_vec(body).map_err(|error| {
            TransportError::configuration(format!("failed to {operation}")).with_source(error)
        })?;
        let subject = format!("{}.{call}", self.prefix);
        let response = self.request(operation, &subject, None, body.into()).await?;
        parse_response(operation, &response.payload)
    }
}

/// The confirmation that a message is stored.
#[derive(Debug)]
pub(super) struct PublishAck {
    pub(super) sequence: u64,
    pub(super) duplicate: bool,
}

/// The response of the server to a message for a stream.
///
/// The type of the client has to hold each member until it has found out which response it is.
#[derive(Deserialize)]
struct PublishResponse {
    error: Option<ApiError>,
    seq: Option<u64>,
    #[serde(default)]
    duplicate: bool,
}

/// Parses the response to a message for a stream.
pub(super) fn parse_publish_ack(
    operation: &(impl Display + ?Sized),
    body: &[u8],
) -> Result<Result<PublishAck, ApiError>, TransportError> {
    let response: PublishResponse =
        serde_json::from_slice(body).map_err(|error| not_a_response(operation, error))?;
    let PublishResponse {
        error,
        seq,
        duplicate,
    } = response;
    match (error, seq) {
        (Some(error), _) => Ok(Err(error)),
        (None, Some(sequence)) => Ok(Ok(PublishAck {
            sequence,
            duplicate,
        })),
        (None, None) => Err(not_a_response(operation, "it has no sequence")),
    }
}

/// Parses a JetStream response.
pub(super) fn parse_response<T: DeserializeOwned>(
    operation: &(impl Display + ?Sized),
    body: &[u8],
) -> Result<Result<T, ApiError>, TransportError> {
    match serde_json::from_slice(body) {
        Ok(Response::Ok(response)) => Ok(Ok(response)),
        Ok(Response::Err { error }) => Ok(Err(error)),
        Err(error) => Err(not_a_response(operation, error)),
    }
}

fn not_a_response(
    operation: &(impl Display + ?Sized),
    source: impl Into<BoxError>,
) -> TransportError {
    let message = format!("failed to {operation}: expected a JetStream response");
    TransportError::unavailable(message).with_source(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_to_a_message_is_a_position_or_an_error() {
        let parse = |body: &str| parse_publish_ack("publish", body.as_bytes());
        let ack = parse(r#"{"stream":"events","seq":7,"val":"1"}"#);
        let ack = ack.unwrap().unwrap();
        assert_eq!((ack.sequence, ack.duplicate), (7, false));
        let ack = parse(r#"{"duplicate":true,"stream":"events","seq":3,"error":null}"#);
        let ack = ack.unwrap().unwrap();
        assert_eq!((ack.sequence, ack.duplicate), (3, true));
        let error =
            r#"{"error":{"code":400,"err_code":10071,"description":"wrong"},"stream":"e","seq":0}"#;
        let error = parse(error).unwrap().unwrap_err();
        assert_eq!(error.error_code(), ErrorCode::STREAM_WRONG_LAST_SEQUENCE);
        for body in ["{}", "", r#"{"seq":"7"}"#, r#"{"seq":-1}"#, "[]"] {
            let error = parse(body).unwrap_err().to_string();
            let expected = "failed to publish: expected a JetStream response";
            assert_eq!(error, expected, "{body}");
        }
    }
}
