//! Errors of transports.

use thiserror::Error;

use crate::error::BoxError;

/// An error from an operation on a transport.
///
/// `{error}` prints only this error; the cause is its [`source`](std::error::Error::source).
///
/// ```
/// use std::io;
/// use eventkit::transport::TransportError;
///
/// let lost = io::Error::from(io::ErrorKind::ConnectionReset);
/// let error = TransportError::unavailable("failed to publish the event").with_source(lost);
/// assert!(error.is_retriable());
/// ```
#[derive(Debug, Error)]
#[error("{message}")]
pub struct TransportError {
    kind: TransportErrorKind,
    message: String,
    source: Option<BoxError>,
}

/// The kind of a [`TransportError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The broker cannot be reached or did not respond; a retry may help.
    Unavailable,
    /// The configuration is wrong, in this process or at the broker; an operator must fix it.
    Configuration,
    /// The message cannot be sent, and a retry does not help.
    Rejected,
    /// The transport has been closed.
    Closed,
}

impl TransportError {
    /// Creates an error; `message` names the operation that failed.
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Creates an error of the kind [`Unavailable`](TransportErrorKind::Unavailable).
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Unavailable, message)
    }

    /// Creates an error of the kind [`Configuration`](TransportErrorKind::Configuration).
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Configuration, message)
    }

    /// Creates an error of the kind [`Rejected`](TransportErrorKind::Rejected).
    pub fn rejected(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Rejected, message)
    }

    /// Creates an error of the kind [`Closed`](TransportErrorKind::Closed).
    pub fn closed(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Closed, message)
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Returns whether the same operation may succeed later.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        self.kind == TransportErrorKind::Unavailable
    }
}
