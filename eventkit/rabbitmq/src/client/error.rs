//! Errors of the client as errors of the transport.

use std::io;
use std::time::Duration;

use eventkit::transport::{TransportError, TransportErrorKind};
use lapin::ErrorKind;
use tokio::time::timeout;

/// The reply code of AMQP for a channel or connection that is closed without an error.
pub(super) const REPLY_SUCCESS: u16 = 200;

// The reply codes of errors.
const ACCESS_REFUSED: u16 = 403;
const NOT_FOUND: u16 = 404;
const RESOURCE_LOCKED: u16 = 405;
const PRECONDITION_FAILED: u16 = 406;
const NOT_ALLOWED: u16 = 530;
const NOT_IMPLEMENTED: u16 = 540;

/// Converts an error of the client; `operation` completes the message "failed to ..".
pub(super) fn transport_error(operation: &str, error: lapin::Error) -> TransportError {
    let kind = match code(&error) {
        // Other connections may end.
        Some(NOT_ALLOWED) if reply(&error).contains("connection limit") => {
            TransportErrorKind::Unavailable
        }
        Some(
            ACCESS_REFUSED | RESOURCE_LOCKED | PRECONDITION_FAILED | NOT_ALLOWED | NOT_IMPLEMENTED,
        ) => TransportErrorKind::Configuration,
        _ if is_tls(&error) => TransportErrorKind::Configuration,
        _ => TransportErrorKind::Unavailable,
    };
    TransportError::new(kind, format!("failed to {operation}")).with_source(error)
}

fn code(error: &lapin::Error) -> Option<u16> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => Some(error.get_id()),
        _ => None,
    }
}

/// Returns whether a certificate was refused, or the server does not speak TLS.
fn is_tls(error: &lapin::Error) -> bool {
    // Only TLS returns errors of this kind.
    matches!(error.kind(), ErrorKind::IOError(error) if error.kind() == io::ErrorKind::InvalidData)
}

pub(super) fn is_not_found(error: &lapin::Error) -> bool {
    code(error) == Some(NOT_FOUND)
}

pub(super) fn is_mismatch(error: &lapin::Error) -> bool {
    code(error) == Some(PRECONDITION_FAILED)
}

/// Returns the reason that the broker gives for a refusal, without the name of the reply code.
pub(super) fn reply(error: &lapin::Error) -> String {
    match error.kind() {
        ErrorKind::ProtocolError(error) => {
            let text = error.get_message().as_str();
            let reason = text.split_once(" - ").map_or(text, |(_, reason)| reason);
            reason.to_owned()
        }
        _ => error.to_string(),
    }
}

/// Waits for an answer of the broker. Both an error of the broker and the lack of an answer are an error.
///
/// Requests without an answer need the limit too: if the connection is lost before such a request is sent, the client
/// never completes it.
pub(super) async fn answer<T>(
    operation: &str,
    limit: Duration,
    request: impl Future<Output = lapin::Result<T>>,
) -> Result<T, TransportError> {
    let answered = answer_within(operation, limit, request).await?;
    answered.map_err(|error| transport_error(operation, error))
}

/// Waits for an answer of the broker, which may be an error. The lack of an answer is an error.
pub(super) async fn answer_within<T>(
    operation: &str,
    limit: Duration,
    request: impl Future<Output = lapin::Result<T>>,
) -> Result<lapin::Result<T>, TransportError> {
    timeout(limit, request).await.map_err(|_| {
        TransportError::unavailable(format!(
            "failed to {operation}: the broker did not answer within {limit:?}"
        ))
    })
}
