//! Requests to the server, and what went wrong with them.

use std::time::Duration;

use async_nats::client::{Request, RequestError, RequestErrorKind};
use async_nats::jetstream::response::Response;
use async_nats::jetstream::{Error as ApiError, ErrorCode};
use async_nats::{Client, HeaderMap, Message};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use eventkit::transport::{TransportError, TransportErrorKind};

/// The connection, and how to reach `JetStream` over it.
#[derive(Debug, Clone)]
pub(super) struct Api {
    pub(super) client: Client,
    /// What the subjects of the API begin with, such as `$JS.API`.
    pub(super) prefix: String,
    /// How long an answer may take.
    pub(super) timeout: Duration,
}

impl Api {
    /// Returns whether the server is 2.10 or later, in which much of consumers is new.
    pub(super) fn is_2_10(&self) -> bool {
        self.client.is_server_compatible(2, 10, 0)
    }

    /// Sends a message and waits for the answer; `what` says what cannot be done without it.
    pub(super) async fn request(
        &self,
        what: &str,
        subject: &str,
        headers: Option<HeaderMap>,
        body: Bytes,
    ) -> Result<Message, TransportError> {
        let mut request = Request::new().payload(body).timeout(None);
        if let Some(headers) = headers {
            request = request.headers(headers);
        }
        // While there is no connection the client takes requests until its queue is full, and
        // then does not: that waiting is bounded too.
        let answer = self.client.send_request(subject.to_owned(), request);
        match timeout(self.timeout, answer).await {
            Ok(answer) => answer.map_err(|error| no_answer(what, &error)),
            Err(_) => Err(TransportError::new(
                TransportErrorKind::Unavailable,
                format!("{what}: no answer within {:?}", self.timeout),
            )),
        }
    }

    /// Asks the API of `JetStream` for what it knows; what it refuses is the inner error.
    pub(super) async fn look<T: DeserializeOwned>(
        &self,
        what: &str,
        subject: &str,
    ) -> Result<Result<T, ApiError>, TransportError> {
        let subject = format!("{}.{subject}", self.prefix);
        let answer = self.request(what, &subject, None, Bytes::new()).await?;
        read(what, &answer.payload)
    }

    /// Tells the API of `JetStream` to do something; what it refuses is the inner error.
    pub(super) async fn tell<T: DeserializeOwned>(
        &self,
        what: &str,
        subject: &str,
        body: &impl Serialize,
    ) -> Result<Result<T, ApiError>, TransportError> {
        let body = serde_json::to_vec(body).map_err(|error| {
            TransportError::new(TransportErrorKind::Configuration, what).with_source(error)
        })?;
        let subject = format!("{}.{subject}", self.prefix);
        let answer = self.request(what, &subject, None, body.into()).await?;
        read(what, &answer.payload)
    }
}

/// Reads an answer of `JetStream`.
pub(super) fn read<T: DeserializeOwned>(
    what: &str,
    answer: &[u8],
) -> Result<Result<T, ApiError>, TransportError> {
    match serde_json::from_slice(answer) {
        Ok(Response::Ok(answer)) => Ok(Ok(answer)),
        Ok(Response::Err { error }) => Ok(Err(error)),
        Err(error) => Err(TransportError::new(
            TransportErrorKind::Unavailable,
            format!("{what}: the answer is not one of JetStream"),
        )
        .with_source(error)),
    }
}

fn no_answer(what: &str, error: &RequestError) -> TransportError {
    let kind = match error.kind() {
        RequestErrorKind::MaxPayloadExceeded | RequestErrorKind::InvalidSubject => {
            TransportErrorKind::Rejected
        }
        RequestErrorKind::NoResponders | RequestErrorKind::TimedOut | RequestErrorKind::Other => {
            TransportErrorKind::Unavailable
        }
    };
    TransportError::new(kind, what).with_source(text(error))
}

/// Says what `JetStream` has refused.
pub(super) fn refused(what: impl Into<String>, error: ApiError) -> TransportError {
    let kind = match (error.error_code(), error.code()) {
        (
            ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM | ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM,
            _,
        ) => TransportErrorKind::Rejected,
        (ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT, _)
        | (_, 400) => TransportErrorKind::Configuration,
        _ => TransportErrorKind::Unavailable,
    };
    TransportError::new(kind, what).with_source(error)
}

/// Returns an error of the client as a cause: it writes its own causes, so it has none here.
pub(super) fn text(error: &dyn std::error::Error) -> String {
    error.to_string()
}
