//! The reasons why a command fails, and its exit code.

use std::fmt::Display;
use std::io;

use eventkit::transport::{TransportError, TransportErrorKind, with_causes};

/// The exit code of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The answer is no: an event is invalid or was refused, nothing was found, a service is not ready.
    Negative = 1,
    /// The arguments are wrong. Clap exits with this code too.
    Usage = 2,
    /// A broker or a server cannot be reached, or refuses the connection.
    Connection = 3,
    /// The input cannot be read or is malformed, or the output cannot be written.
    Data = 4,
    /// A signal ended the command before it was done: 128 plus the number of SIGINT.
    Interrupted = 130,
}

/// The failure of a command.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code; `None` if the reader of the output has closed it, which ends a command quietly.
    pub(crate) status: Option<Status>,
    /// The message, unless everything was reported before.
    pub(crate) message: Option<String>,
}

impl Failure {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Self {
        Self {
            status: Some(status),
            message: Some(message.into()),
        }
    }

    /// Creates a failure whose reasons were reported before.
    pub(crate) fn reported(status: Status) -> Self {
        Self {
            status: Some(status),
            message: None,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Status::Usage, message)
    }

    pub(crate) fn negative(message: impl Into<String>) -> Self {
        Self::new(Status::Negative, message)
    }

    pub(crate) fn connection(message: impl Into<String>) -> Self {
        Self::new(Status::Connection, message)
    }

    pub(crate) fn data(message: impl Into<String>) -> Self {
        Self::new(Status::Data, message)
    }

    /// Creates the failure to read or write a file.
    pub(crate) fn file(path: impl Display, error: &io::Error) -> Self {
        Self::data(format!("{path}: {error}"))
    }

    /// Creates the failure to write the output.
    pub(crate) fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self {
                status: None,
                message: None,
            };
        }
        Self::data(format!("failed to write the output: {error}"))
    }

    /// Whether the reader of the output has closed it.
    pub(crate) fn is_closed_output(&self) -> bool {
        self.status.is_none()
    }
}

/// Returns the exit code for an error of a transport.
pub(crate) fn status_of(error: &TransportError) -> Status {
    match error.kind() {
        TransportErrorKind::Rejected => Status::Negative,
        _ => Status::Connection,
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        Self::new(status_of(&error), with_causes(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_output_is_no_failure_to_report() {
        let closed = Failure::output(&io::ErrorKind::BrokenPipe.into());
        assert!(closed.is_closed_output());
        let full = Failure::output(&io::ErrorKind::StorageFull.into());
        assert_eq!(full.status, Some(Status::Data));
        assert!(full.message.is_some());
    }
}
