//! The key of an event at a handler, and the bound of those of scheduled events.

use sha2::{Digest, Sha256};

use crate::value::Value;

/// The longest key of a scheduled event, in bytes.
pub const MAX_KEY_LEN: usize = 512;

/// The key of an event at a handler, and what it is made of.
///
/// A source and an id may be longer than an index of PostgreSQL takes, so the key is their digest.
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
        // PostgreSQL has no text with NUL. The texts are for people, and the digest tells keys apart.
        let text = |text: &str| text.replace('\0', "\u{fffd}");
        Self {
            digest: hasher.finalize().to_vec(),
            source: text(source),
            id: text(id),
            subscription: text(subscription),
        }
    }

    /// Returns the value of the column of the key.
    pub(crate) fn value(&self) -> Value<'_> {
        Value::Bytes(&self.digest)
    }

    /// Returns the values of the columns.
    pub(crate) fn values(&self) -> [Value<'_>; 4] {
        [
            Value::Bytes(&self.digest),
            Value::Text(&self.source),
            Value::Text(&self.id),
            Value::Text(&self.subscription),
        ]
    }

    /// Returns the number of the lock of a unit of work with this key, in a schema.
    ///
    /// Two keys may have the same one: then one waits for the other.
    pub(crate) fn lock(&self, schema: &str) -> i64 {
        let mut hasher = Sha256::new();
        hasher.update(&self.digest);
        hasher.update(schema);
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize()[..8]);
        i64::from_be_bytes(first)
    }
}
