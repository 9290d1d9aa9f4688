//! How much of a message a decoder takes.

use super::json;
use crate::error::Exceeded;

/// Says how much a decoder takes before it refuses a message.
///
/// Every decoder has limits; without others they are [`Limits::DEFAULT`]. What is over one is
/// refused with [`DecodeErrorKind::TooLarge`](crate::DecodeErrorKind::TooLarge), which HTTP servers
/// answer with 413, and the error names the limit. `usize::MAX` lifts a limit. What decoding
/// allocates is in proportion to the input whatever the limits are.
///
/// Own limits are given to [`Json::with_limits`](crate::format::Json::with_limits) and
/// [`http::with_limits`](crate::binding::http::with_limits) (and the one of NATS); with axum they are
/// an extension of the request, and with reqwest they are given to the response.
///
/// ```
/// use eventkit::binding::http;
/// use eventkit::{DecodeErrorKind, Event, Limits};
///
/// let event = Event::builder().id("1").source("/s").ty("t").data_text("12345").build()?;
/// let message = http::encode_binary(&event)?;
///
/// let limits = Limits::DEFAULT.body_bytes(4);
/// let error = http::with_limits(limits).decode(&message.headers, message.body).unwrap_err();
/// assert_eq!(error.kind(), DecodeErrorKind::TooLarge);
/// assert_eq!(
///     error.to_string(),
///     "the body is over 4 bytes (limit `body_bytes`; another is set with `Limits::body_bytes`)"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The bytes of the body of a message, or of the text of a structured event or batch.
    pub body_bytes: usize,
    /// The bytes of all headers of a message, names and values.
    pub header_bytes: usize,
    /// The headers of a message, those that have nothing to do with the event included.
    pub headers: usize,
    /// The attributes of an event, context attributes and extensions together.
    pub attributes: usize,
    /// The bytes of the name or of the value of one attribute, decoded.
    pub attribute_bytes: usize,
    /// The events of a batch.
    pub batch_events: usize,
    /// The arrays and objects of JSON data that are open at once.
    ///
    /// More than the default only helps who passes data on: `serde_json` reads less than 128
    /// levels into a type.
    pub json_depth: usize,
}

impl Limits {
    /// The limits that hold where no others are given: 16 MiB of body, 256 KiB in 512 headers, 256
    /// attributes of up to 64 KiB, 10,000 events in a batch, and JSON of 128 levels.
    pub const DEFAULT: Self = Self {
        body_bytes: 16 * 1024 * 1024,
        header_bytes: 256 * 1024,
        headers: 512,
        attributes: 256,
        attribute_bytes: 64 * 1024,
        batch_events: 10_000,
        json_depth: 128,
    };

    /// No limits, for messages that are trusted or were limited before.
    pub const NONE: Self = Self {
        body_bytes: usize::MAX,
        header_bytes: usize::MAX,
        headers: usize::MAX,
        attributes: usize::MAX,
        attribute_bytes: usize::MAX,
        batch_events: usize::MAX,
        json_depth: usize::MAX,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Writes the setter of each limit, and the check with its words.
macro_rules! limits {
    ($($field:ident, $check:ident: $before:literal $after:literal;)*) => {
        impl Limits {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](field@Limits::", stringify!($field), ").")]
                #[must_use]
                pub const fn $field(mut self, most: usize) -> Self {
                    self.$field = most;
                    self
                }

                pub(crate) fn $check(&self, found: usize) -> Result<(), Exceeded> {
                    if found <= self.$field {
                        return Ok(());
                    }
                    Err(Exceeded::new(stringify!($field), self.$field, [$before, $after]))
                }
            )*
        }
    };
}

limits! {
    body_bytes, check_body_bytes: "the body is over" "bytes";
    header_bytes, check_header_bytes: "the headers are over" "bytes";
    headers, check_headers: "the message has over" "headers";
    attributes, check_attributes: "the event has over" "attributes";
    attribute_bytes, check_attribute_bytes: "an attribute is over" "bytes";
    batch_events, check_batch_events: "the batch has over" "events";
    json_depth, check_json_depth: "the JSON data is over" "levels deep";
}

impl Limits {
    /// Checks how deep JSON is nested; text that is not JSON has no depth.
    pub(crate) fn check_depth_of(&self, json: &[u8]) -> Result<(), Exceeded> {
        if opens_at_most(json, self.json_depth) {
            return Ok(());
        }
        let walked = std::str::from_utf8(json).map_err(|_| json::Malformed);
        let walked = walked.and_then(|text| json::walk(text, 0));
        walked.map_or(Ok(()), |walked| self.check_json_depth(walked.depth))
    }
}

/// Returns whether JSON opens so few arrays and objects in all, as most does, that no more of them
/// are open at once.
fn opens_at_most(json: &[u8], most: usize) -> bool {
    let (blocks, rest) = json.as_chunks::<64>();
    let mut opened = 0;
    let mut left = json.len();
    for block in blocks {
        // What is yet to be opened takes two bytes, with its end.
        if opened + left / 2 <= most {
            return true;
        }
        opened += usize::from(block.iter().copied().map(opens).sum::<u8>());
        left -= block.len();
    }
    opened + left / 2 <= most
        || opened + usize::from(rest.iter().copied().map(opens).sum::<u8>()) <= most
}

/// Counts an opening bracket; of a block, compilers do so in few instructions.
fn opens(byte: u8) -> u8 {
    // The two differ in one bit, and no other character has the rest.
    u8::from(byte | 0x20 == b'{')
}
