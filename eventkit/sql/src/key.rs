//! The inbox key of an event and handler, and the maximum length of the keys of scheduled events.

use sha2::{Digest, Sha256};

use crate::value::Value;

/// The maximum length of the key of a scheduled event, in bytes.
pub const MAX_KEY_LEN: usize = 512;

/// The inbox key of an event and handler, with its parts.
///
/// Source and id may be too long for a PostgreSQL index, so the key is a digest.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) digest: Vec<u8>,
    pub(crate) source: String,
    pub(crate) id: String,
    pub(crate) subscription: String,
}

impl Key {
    pub(crate) fn new(source: &str, id: &str, subscription: &str) -> Self {
        let mut hasher = Sha256::new();
        for text in [source, id, subscription] {
            hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(text);
        }
        // PostgreSQL text cannot contain NUL. The texts are for people; the digest identifies the
        // key.
        let text = |text: &str| text.replace('\0', "\u{fffd}");
        Self {
            digest: hasher.finalize().to_vec(),
            source: text(source),
            id: text(id),
            subscription: text(subscription),
        }
    }

    /// Returns the value of the key column.
    pub(crate) fn value(&self) -> Value<'_> {
        Value::Bytes(&self.digest)
    }

    /// Returns the values of the key's columns.
    pub(crate) fn values(&self) -> [Value<'_>; 4] {
        [
            Value::Bytes(&self.digest),
            Value::Text(&self.source),
            Value::Text(&self.id),
            Value::Text(&self.subscription),
        ]
    }

    /// Returns the number of the lock that a unit of work with this key takes in a schema.
    ///
    /// Two keys may share a number, in which case one merely waits for the other.
    pub(crate) fn lock(&self, schema: &str) -> i64 {
        let mut hasher = Sha256::new();
        hasher.update(&self.digest);
        hasher.update(schema);
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize()[..8]);
        i64::from_be_bytes(first)
    }
}
