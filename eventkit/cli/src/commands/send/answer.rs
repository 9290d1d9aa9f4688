//! The result of sending an event.

use eventkit::transport::{Published, TransportError, with_causes};
use serde::Serialize;

use crate::failure::{Status, status_of};

/// The answer to the request of some events.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    /// The status of HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    /// The position in the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) position: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// An HTTP server responded with a success.
    #[default]
    Accepted,
    /// A broker stored the event.
    Stored,
    /// A broker had the event already.
    Duplicate,
    /// No queue selects the event, so the broker did not store it.
    Unrouted,
    /// The server or the broker refused the event.
    Refused,
    /// The server or the broker could not be reached; the event may have been delivered.
    Failed,
    /// The input is not an event, and was not sent.
    Invalid,
}

impl Outcome {
    /// Returns the exit code that the outcome leads to; `None` if the event was delivered.
    pub(super) fn failure(self) -> Option<Status> {
        match self {
            Self::Accepted | Self::Stored | Self::Duplicate => None,
            Self::Unrouted | Self::Refused => Some(Status::Negative),
            Self::Failed => Some(Status::Connection),
            Self::Invalid => Some(Status::Data),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Unrouted => "unrouted",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
        }
    }
}

impl Answer {
    pub(super) fn of_published(published: Published) -> Self {
        let outcome = match published {
            Published { unrouted: true, .. } => Outcome::Unrouted,
            Published {
                duplicate: true, ..
            } => Outcome::Duplicate,
            _ => Outcome::Stored,
        };
        Self {
            outcome,
            position: published.position,
            ..Self::default()
        }
    }

    pub(super) fn of_error(error: &TransportError) -> Self {
        let outcome = match status_of(error) {
            Status::Negative => Outcome::Refused,
            _ => Outcome::Failed,
        };
        Self::failed(outcome, with_causes(error))
    }

    pub(super) fn failed(outcome: Outcome, error: String) -> Self {
        Self {
            outcome,
            error: Some(error),
            ..Self::default()
        }
    }
}
