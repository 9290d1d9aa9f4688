//! Conversion of errors of the client and of JetStream to transport errors.

use std::fmt::Display;

use async_nats::client::{RequestError, RequestErrorKind};
use async_nats::jetstream::{Error as ApiError, ErrorCode};
use eventkit::transport::{TransportError, TransportErrorKind};

/// Converts the error of a request that received no response.
///
/// The source is the text of the error, like for all errors of the client: the text includes its
/// causes.
pub(super) fn no_response(
    operation: &(impl Display + ?Sized),
    error: &RequestError,
) -> TransportError {
    let kind = match error.kind() {
        RequestErrorKind::MaxPayloadExceeded | RequestErrorKind::InvalidSubject => {
            TransportErrorKind::Rejected
        }
        RequestErrorKind::NoResponders | RequestErrorKind::TimedOut | RequestErrorKind::Other => {
            TransportErrorKind::Unavailable
        }
    };
    TransportError::new(kind, format!("failed to {operation}")).with_source(error.to_string())
}

/// Converts an error response of JetStream.
pub(super) fn error_response(
    operation: &(impl Display + ?Sized),
    error: ApiError,
) -> TransportError {
    let kind = match (error.error_code(), error.code()) {
        (
            ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM | ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM,
            _,
        ) => TransportErrorKind::Rejected,
        (
            ErrorCode::JETSTREAM_NOT_ENABLED
            | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT
            | ErrorCode::STREAM_INVALID_CONFIG,
            _,
        )
        | (_, 400) => TransportErrorKind::Configuration,
        _ => TransportErrorKind::Unavailable,
    };
    TransportError::new(kind, format!("failed to {operation}")).with_source(error)
}
