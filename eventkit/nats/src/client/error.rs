//! Errors of the client and of JetStream as errors of a transport.

use async_nats::client::{RequestError, RequestErrorKind};
use async_nats::jetstream::{Error as ApiError, ErrorCode};
use eventkit::transport::{TransportError, TransportErrorKind};

pub(super) fn configuration(message: impl Into<String>) -> TransportError {
    TransportError::new(TransportErrorKind::Configuration, message)
}

pub(super) fn rejected(message: impl Into<String>) -> TransportError {
    TransportError::new(TransportErrorKind::Rejected, message)
}

pub(super) fn unavailable(message: impl Into<String>) -> TransportError {
    TransportError::new(TransportErrorKind::Unavailable, message)
}

/// Converts an error of a request that got no response.
pub(super) fn no_response(operation: &str, error: &RequestError) -> TransportError {
    let kind = match error.kind() {
        RequestErrorKind::MaxPayloadExceeded | RequestErrorKind::InvalidSubject => {
            TransportErrorKind::Rejected
        }
        RequestErrorKind::NoResponders | RequestErrorKind::TimedOut | RequestErrorKind::Other => {
            TransportErrorKind::Unavailable
        }
    };
    TransportError::new(kind, format!("failed to {operation}")).with_source(client_error(error))
}

/// Converts an error response of JetStream.
pub(super) fn error_response(operation: &str, error: ApiError) -> TransportError {
    let kind = match (error.error_code(), error.code()) {
        (
            ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM | ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM,
            _,
        ) => TransportErrorKind::Rejected,
        (ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT, _)
        | (_, 400) => TransportErrorKind::Configuration,
        _ => TransportErrorKind::Unavailable,
    };
    TransportError::new(kind, format!("failed to {operation}")).with_source(error)
}

/// Returns an error of the client as a source without sources: its text includes them.
pub(super) fn client_error(error: &dyn std::error::Error) -> String {
    error.to_string()
}
