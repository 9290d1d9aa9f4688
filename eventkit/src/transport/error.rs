//! What can be wrong with a transport.

use std::error::Error;
use std::fmt;

use crate::error::BoxError;

/// Says what a transport could not do, and why.
///
/// `{error}` is this error alone; what caused it is its [`source`](Error::source).
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    what: String,
    source: Option<BoxError>,
}

/// Says what helps against a [`TransportError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The other side cannot be reached or did not answer: trying again may help.
    Unavailable,
    /// What is set up on the other side, or here, does not fit: a person has to look.
    Configuration,
    /// This message cannot be sent, and no later try will help.
    Rejected,
    /// The transport has been closed.
    Closed,
}

impl TransportError {
    /// Makes an error; `what` says what could not be done.
    pub fn new(kind: TransportErrorKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            source: None,
        }
    }

    /// Adds what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns what helps.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
