//! The modes of compatibility.

use std::fmt;

/// A compatibility mode, as the schema registry of Confluent defines it: the side that a change must not break.
///
/// The default is [`Full`](Mode::Full): events wait in streams and as dead letters for new readers, and
/// during a deployment old readers receive events of new senders.
///
/// ```
/// use eventkit_catalog::Mode;
///
/// assert_eq!(Mode::default(), Mode::Full);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Mode {
    /// New readers can read what old senders wrote.
    Backward,
    /// Old readers can read what new senders write.
    Forward,
    /// Both.
    #[default]
    Full,
}

/// The direction that a change breaks.
///
/// ```
/// use eventkit_catalog::Direction;
///
/// assert_eq!(Direction::Backward.to_string(), "backward");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Direction {
    /// New readers cannot read what old senders wrote.
    Backward,
    /// Old readers cannot read what new senders write.
    Forward,
}

impl Mode {
    /// Returns whether the mode covers a direction.
    pub(super) fn covers(self, direction: Direction) -> bool {
        match self {
            Self::Backward => direction == Direction::Backward,
            Self::Forward => direction == Direction::Forward,
            Self::Full => true,
        }
    }

    /// Returns the direction of a change that breaks both.
    pub(super) fn first_direction(self) -> Direction {
        match self {
            Self::Forward => Direction::Forward,
            Self::Backward | Self::Full => Direction::Backward,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backward => "backward",
            Self::Forward => "forward",
            Self::Full => "full",
        })
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backward => "backward",
            Self::Forward => "forward",
        })
    }
}
