//! The dimensions of the matrix: peers, modes and directions.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A content mode of HTTP or Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    Binary,
    Structured,
    Batch,
    KafkaBinary,
    KafkaStructured,
}

impl Mode {
    /// Returns whether attributes are in headers, which only contain strings.
    pub(crate) fn has_headers(self) -> bool {
        matches!(self, Self::Binary | Self::KafkaBinary)
    }
}

/// The direction of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    /// We send, and the peer returns what it received.
    To,
    /// The peer sends, and we check what arrived.
    From,
}

/// An SDK of another project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sdk {
    Python,
    JavaScript,
    Rust,
}

impl Sdk {
    pub(crate) const ALL: [Self; 3] = [Self::Python, Self::JavaScript, Self::Rust];

    /// Returns the name of the SDK and its package.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Python => "Python, `cloudevents` 2.2.0",
            Self::JavaScript => "JavaScript, `cloudevents` 10.0.0",
            Self::Rust => "Rust, `cloudevents-sdk` 0.9.0",
        }
    }

    /// Returns the content modes that the SDK supports.
    pub(crate) fn modes(self) -> &'static [Mode] {
        match self {
            // It can neither encode nor decode batches.
            Self::Python => &[
                Mode::Binary,
                Mode::Structured,
                Mode::KafkaBinary,
                Mode::KafkaStructured,
            ],
            // Their mappings for Kafka only work with the objects of one client.
            Self::JavaScript | Self::Rust => &[Mode::Binary, Mode::Structured, Mode::Batch],
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Binary => "binary",
            Self::Structured => "structured",
            Self::Batch => "batch",
            Self::KafkaBinary => "kafka bin.",
            Self::KafkaStructured => "kafka str.",
        })
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::To => "to",
            Self::From => "from",
        })
    }
}

impl fmt::Display for Sdk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::Rust => "rust",
        })
    }
}

/// An exchange of an event with a peer in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) sdk: Sdk,
    pub(crate) mode: Mode,
    pub(crate) direction: Direction,
    pub(crate) case: &'static str,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sdk,
            mode,
            direction,
            case,
        } = self;
        write!(f, "{direction} {sdk}, {mode}, {case}")
    }
}
