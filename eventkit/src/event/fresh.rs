//! The id and the time of an event that gives none of its own.

use uuid::Uuid;
use uuid::fmt::Hyphenated;

use super::rfc3339;
use super::timestamp::Timestamp;

/// Holds a random id and the current time as messages have them, without allocating.
pub(crate) struct Fresh {
    id: [u8; Hyphenated::LENGTH],
    time: rfc3339::Text,
}

impl Fresh {
    pub(crate) fn new() -> Self {
        let mut id = [0; Hyphenated::LENGTH];
        Uuid::new_v4().hyphenated().encode_lower(&mut id);
        let time = Timestamp::now().text();
        Self { id, time }
    }

    pub(crate) fn id(&self) -> &str {
        // Digits and hyphens of ASCII.
        std::str::from_utf8(&self.id).unwrap_or_default()
    }

    pub(crate) fn time(&self) -> &str {
        self.time.as_str()
    }
}
