//! Differences: the parts of the data that a reader does not accept.

use serde_json::Value;

use crate::lock::change::Change;
use crate::lock::mode::Direction;

/// A part of the data that a reader does not accept.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::lock) struct Difference {
    pub(in crate::lock) path: String,
    pub(in crate::lock) message: String,
    /// The part of the writer's schema.
    pub(in crate::lock) written: Option<Value>,
    /// The part of the reader's schema.
    pub(in crate::lock) read: Option<Value>,
}

/// A comparison of schemas, for the parts of objects and arrays.
pub(super) trait Compare {
    /// Returns why the reader does not accept all that the writer writes.
    fn check(&mut self, path: &str, written: &Value, read: &Value) -> Vec<Difference>;
}

impl Difference {
    pub(super) fn new(
        path: &str,
        message: impl Into<String>,
        written: &Value,
        read: &Value,
    ) -> Self {
        Self {
            path: path.to_owned(),
            message: message.into(),
            written: Some(written.clone()),
            read: Some(read.clone()),
        }
    }

    /// Returns the change of an event type. In a backward check, the locked version is the writer.
    pub(in crate::lock) fn into_change(self, ty: &str, direction: Direction) -> Change {
        let (locked, current) = match direction {
            Direction::Backward => (self.written, self.read),
            Direction::Forward => (self.read, self.written),
        };
        Change {
            ty: ty.to_owned(),
            path: self.path,
            direction,
            message: self.message,
            locked,
            current,
        }
    }
}
