//! Incompatible changes.

use std::fmt;

use serde_json::Value;

use super::mode::Direction;

/// The maximum number of characters of a schema in a message.
const MAX_EXCERPT: usize = 160;

/// A change of an event type that breaks readers or senders.
///
/// [`Lock::changes`](super::Lock::changes) returns them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The event type.
    pub ty: String,
    /// The path of what changed, such as `data.lines[].price` or `attributes.region`. It is empty if the
    /// event type itself was removed or renamed.
    pub path: String,
    /// The direction that the change breaks. A change that breaks both is listed once for each.
    pub direction: Direction,
    /// Why it is incompatible.
    pub message: String,
    /// The locked version of what changed, if it has one.
    pub locked: Option<Value>,
    /// The current version of what changed, if it has one.
    pub current: Option<Value>,
}

impl Change {
    /// Returns the change of a whole event type.
    pub(super) fn of_event(ty: &str, direction: Direction, message: String) -> Self {
        Self {
            ty: ty.to_owned(),
            path: String::new(),
            direction,
            message,
            locked: None,
            current: None,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ty)?;
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        let direction = match self.direction {
            Direction::Backward => "breaks new readers of old events",
            Direction::Forward => "breaks old readers of new events",
        };
        write!(f, ": {} ({direction})", self.message)?;
        if self.locked.is_some() || self.current.is_some() {
            write!(f, "\n    locked: {}", excerpt(self.locked.as_ref()))?;
            write!(f, "\n    now:    {}", excerpt(self.current.as_ref()))?;
        }
        Ok(())
    }
}

/// Returns a value as one line of limited length.
fn excerpt(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "(absent)".to_owned();
    };
    let text = value.to_string();
    match text.char_indices().nth(MAX_EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
