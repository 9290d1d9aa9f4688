//! The key of a record (section 3.1).

use std::borrow::Cow;

use crate::error::{BuildError, Violation};
use crate::event::{AttributeRef, Event};

/// The attribute of the partitioning extension.
const PARTITION_KEY: &str = "partitionkey";

/// Returns the record key of an event: the value of its `partitionkey`, if it has one.
///
/// The event is encoded with its `partitionkey`, whatever the key of the record is. Programs may use
/// any other key.
///
/// ```
/// use eventkit::Event;
/// use eventkit::binding::kafka;
///
/// let event = Event::builder().source("/s").ty("t").extension("partitionkey", "c-7").build()?;
/// assert_eq!(kafka::record_key(&event).as_deref(), Some("c-7"));
/// assert_eq!(kafka::encode_binary(&event)?.header("ce_partitionkey"), Some(&b"c-7"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn record_key(event: &Event) -> Option<Cow<'_, str>> {
    let key = event.extension(PARTITION_KEY)?;
    Some(AttributeRef::from(key).into_text())
}

/// Sets `partitionkey` to the key of the record that an event was decoded from.
///
/// Use it for records whose producer omits the attribute, such as the SDK for .NET. An event that
/// has a `partitionkey` keeps it, and an empty key is not a partition key. [`decode`](super::decode)
/// ignores the key, because a producer may choose one that does not belong to the event.
///
/// ```
/// use eventkit::Event;
/// use eventkit::binding::kafka;
///
/// let event = Event::builder().source("/s").ty("t").build()?;
/// let event = kafka::with_record_key(event, b"c-7")?;
/// assert_eq!(event.extension("partitionkey").unwrap(), &"c-7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Returns an error if the key is not text in UTF-8, or contains characters that attributes cannot
/// contain.
pub fn with_record_key(mut event: Event, key: &[u8]) -> Result<Event, BuildError> {
    if key.is_empty() || event.extension(PARTITION_KEY).is_some() {
        return Ok(event);
    }
    let text = std::str::from_utf8(key).map_err(|_| {
        let text = String::from_utf8_lossy(key);
        Violation::new(PARTITION_KEY, &text, "text in UTF-8", "Kafka binding, 3.1")
    })?;
    event.set_extension(PARTITION_KEY, text)?;
    Ok(event)
}
