//! The id and the time of an event that gives none of its own.

use uuid::Uuid;
use uuid::fmt::Hyphenated;

use super::rfc3339;
use super::timestamp::Timestamp;

/// The buffer of the text of an id.
pub(super) type IdBuffer = [u8; Hyphenated::LENGTH];

pub(super) const EMPTY_ID: IdBuffer = [0; Hyphenated::LENGTH];

/// Writes a random id.
pub(super) fn random_id(buffer: &mut IdBuffer) -> &str {
    Uuid::new_v4().hyphenated().encode_lower(buffer)
}

/// A random id and the current time as text, without an allocation.
pub(crate) struct GeneratedAttributes {
    id: IdBuffer,
    time: rfc3339::Text,
}

impl GeneratedAttributes {
    pub(crate) fn new() -> Self {
        let mut id = EMPTY_ID;
        random_id(&mut id);
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
