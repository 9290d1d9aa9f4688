//! What a decoder takes: how much of a message, and what against the specification.

use super::{Event, declares_json, json};
use crate::error::LimitExceeded;

/// The largest message that a decoder accepts, and what it accepts against the specification.
///
/// Every decoder has limits; without others they are [`Limits::DEFAULT`]. What is over one is
/// refused with [`DecodeErrorKind::TooLarge`](crate::DecodeErrorKind::TooLarge), which HTTP servers
/// answer with 413, and the error names the limit. `usize::MAX` lifts a limit. What decoding
/// allocates is in proportion to the input whatever the limits are.
///
/// Own limits are given to [`Json::with_limits`](crate::format::Json::with_limits) and
/// [`http::with_limits`](crate::binding::http::with_limits) (and the one of NATS); with axum they
/// are an extension of the request, with actix-web they are data of the app, and with reqwest they are
/// given to the response.
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, with a name"
)]
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
    /// More than the default only helps programs that pass data on: `serde_json` reads no more into a
    /// type.
    pub json_depth: usize,
    /// Whether a JSON event is decoded that was sent as `application/json` without `ce-` headers, over
    /// HTTP or NATS, and over HTTP an array of them as a batch; off by default, as the others.
    pub json_as_events: bool,
    /// Whether an array of JSON events is decoded as a batch that was sent over HTTP as one event,
    /// under `application/cloudevents+json`.
    pub arrays_as_batches: bool,
    /// Whether a `%` in a header that does not begin an encoded byte is a percent sign.
    pub raw_percent_signs: bool,
    /// Whether an empty `traceparent` or `tracestate` is unset, as Dapr sends it.
    pub empty_trace_context: bool,
}

impl Limits {
    /// The limits that hold where no others are given: 16 MiB of body, 256 KiB in 512 headers, 256
    /// attributes of up to 64 KiB, 10,000 events in a batch, and JSON of 127 levels.
    pub const DEFAULT: Self = Self {
        body_bytes: 16 * 1024 * 1024,
        header_bytes: 256 * 1024,
        headers: 512,
        attributes: 256,
        attribute_bytes: 64 * 1024,
        batch_events: 10_000,
        json_depth: 127,
        json_as_events: false,
        arrays_as_batches: false,
        raw_percent_signs: false,
        empty_trace_context: false,
    };

    /// No limits, for messages that are trusted or were limited before; what is against the
    /// specification is refused.
    pub const UNLIMITED: Self = Self {
        body_bytes: usize::MAX,
        header_bytes: usize::MAX,
        headers: usize::MAX,
        attributes: usize::MAX,
        attribute_bytes: usize::MAX,
        batch_events: usize::MAX,
        json_depth: usize::MAX,
        ..Self::DEFAULT
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
                pub const fn $field(mut self, max: usize) -> Self {
                    self.$field = max;
                    self
                }

                pub(crate) fn $check(&self, found: usize) -> Result<(), LimitExceeded> {
                    if found <= self.$field {
                        return Ok(());
                    }
                    Err(LimitExceeded::new(stringify!($field), self.$field, [$before, $after]))
                }
            )*
        }
    };
}

/// Writes the setter of each switch.
macro_rules! switches {
    ($($field:ident),*) => {
        impl Limits {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](field@Limits::", stringify!($field), ").")]
                #[must_use]
                pub const fn $field(mut self, accept: bool) -> Self {
                    self.$field = accept;
                    self
                }
            )*
        }
    };
}

switches!(
    json_as_events,
    arrays_as_batches,
    raw_percent_signs,
    empty_trace_context
);

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
    /// Checks the size of a message before it is read: the bytes of each header, and of the body.
    ///
    /// # Errors
    ///
    /// Returns an error if the body, the headers or their number exceed a limit.
    pub fn check_message(
        &self,
        header_bytes: impl IntoIterator<Item = usize>,
        body_bytes: usize,
    ) -> Result<(), LimitExceeded> {
        self.check_body_bytes(body_bytes)?;
        let header_bytes = header_bytes.into_iter();
        let (count, sum) =
            header_bytes.fold((0, 0), |(count, sum), bytes| (count + 1, sum + bytes));
        self.check_headers(count)?;
        self.check_header_bytes(sum)
    }

    /// Checks an event before it is sent, so that a decoder with these limits takes it.
    ///
    /// The size of its message is checked by [`check_message`](Self::check_message).
    ///
    /// # Errors
    ///
    /// Returns an error if the number of attributes, the length of one, or the depth of JSON data
    /// exceeds a limit.
    pub fn check_event(&self, event: &Event) -> Result<(), LimitExceeded> {
        let mut count = 0;
        for (name, value) in event.attributes() {
            count += 1;
            self.check_attributes(count)?;
            self.check_attribute_bytes(name.len().max(value.into_text().len()))?;
        }
        let is_json = event.data_content_type().is_some_and(declares_json);
        match event.data().filter(|_| is_json) {
            Some(data) => self.check_depth_of(data.as_bytes()),
            None => Ok(()),
        }
    }

    /// Checks events before they are sent as a batch, so that a decoder with these limits takes it.
    ///
    /// # Errors
    ///
    /// Returns an error if there are too many events, or if [`check_event`](Self::check_event) would
    /// for one.
    pub fn check_batch(&self, events: &[Event]) -> Result<(), LimitExceeded> {
        self.check_batch_events(events.len())?;
        events.iter().try_for_each(|event| self.check_event(event))
    }

    /// Checks how deep JSON data is nested; text that is not JSON has no depth.
    pub(crate) fn check_depth_of(&self, json: &[u8]) -> Result<(), LimitExceeded> {
        // Most data opens no more arrays and objects in all.
        if openings(json) <= self.json_depth {
            return Ok(());
        }
        let text = std::str::from_utf8(json).ok();
        let skipped = text.and_then(|text| json::skip(text, 0));
        skipped.map_or(Ok(()), |skipped| self.check_json_depth(skipped.depth))
    }
}

/// Counts opening brackets and braces, those in strings included.
fn openings(json: &[u8]) -> usize {
    // Compilers turn the sum of a block, which fits into a byte, into few instructions.
    let in_block = |block: &[u8]| usize::from(block.iter().copied().map(opens).sum::<u8>());
    json.chunks(64).map(in_block).sum()
}

fn opens(byte: u8) -> u8 {
    // The two differ in one bit, and no other character has the rest.
    u8::from(byte | 0x20 == b'{')
}
