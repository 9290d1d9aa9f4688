//! Limits of decoders: how large a message may be, and which deviations from the specification are
//! accepted.

use super::{Event, declares_json, json};
use crate::error::LimitExceeded;

/// The largest message that a decoder accepts, and the deviations from the specification that it
/// accepts.
///
/// Every decoder has limits; the default is [`Limits::DEFAULT`]. A message that exceeds one is
/// refused with [`DecodeErrorKind::TooLarge`](crate::DecodeErrorKind::TooLarge), and the error
/// names the limit. HTTP servers respond with status 413. `usize::MAX` lifts a limit. Decoding
/// allocates memory in proportion to the message, regardless of the limits.
///
/// Pass limits to [`Json::with_limits`](crate::format::Json::with_limits) and
/// [`http::with_limits`](crate::binding::http::with_limits) (the other bindings have the same function). In axum
/// they are an extension of the request, in actix-web data of the app, and with reqwest an argument
/// of the response's method.
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
///     "the body is over 4 bytes (limit `body_bytes`, set with `Limits::body_bytes`)"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each field is an independent switch"
)]
pub struct Limits {
    /// The maximum size of a message body, or of the text of a structured event or batch, in bytes.
    pub body_bytes: usize,
    /// The maximum size of all headers of a message, names and values, in bytes.
    pub header_bytes: usize,
    /// The maximum number of headers of a message, including those unrelated to the event.
    pub headers: usize,
    /// The maximum number of attributes of an event: context attributes and extensions together.
    pub attributes: usize,
    /// The maximum size of the name or the value of one attribute after decoding, in bytes.
    pub attribute_bytes: usize,
    /// The maximum number of events in a batch.
    pub batch_events: usize,
    /// The maximum nesting depth of JSON data: how many arrays and objects are open at once. Event
    /// formats that nest, such as XML, apply it to the whole event.
    ///
    /// A larger value than the default is only useful to programs that forward data, because
    /// `serde_json` does not deserialize deeper JSON into a type.
    pub json_depth: usize,
    /// Whether to decode a JSON event that was sent as `application/json` without the headers of
    /// attributes, over HTTP an array of such events as a batch, and over Kafka an event without
    /// any headers. Off by default, like the other switches.
    pub json_as_events: bool,
    /// Whether to decode a JSON array of events as a batch that was sent over HTTP under the
    /// content type of one event, `application/cloudevents+json`.
    pub arrays_as_batches: bool,
    /// Whether a `%` in a header that does not begin an encoded byte is read as a percent sign.
    pub raw_percent_signs: bool,
    /// Whether an empty `traceparent` or `tracestate`, as Dapr sends it, is read as unset.
    pub empty_trace_context: bool,
}

impl Limits {
    /// The default limits: a body of 16 MiB, 512 headers of 256 KiB in total, 256 attributes of up
    /// to 64 KiB each, 10,000 events in a batch, and JSON nested up to 127 levels.
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

    /// No limits, for messages that are trusted or were checked before. Violations of the
    /// specification are still refused.
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

/// Defines the setter and the check of each limit, with the words of its error.
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

                #[doc = concat!("Checks a size or count against [`", stringify!($field), "`](field@Limits::", stringify!($field), ").")]
                ///
                /// # Errors
                ///
                /// Returns an error if it exceeds the limit.
                pub fn $check(&self, found: usize) -> Result<(), LimitExceeded> {
                    if found <= self.$field {
                        return Ok(());
                    }
                    Err(LimitExceeded::new(stringify!($field), self.$field, [$before, $after]))
                }
            )*
        }
    };
}

/// Defines the setter of each switch.
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
    json_depth, check_json_depth: "the data is over" "levels deep";
}

impl Limits {
    /// Checks the size of a message before it is decoded: its headers and its body.
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

    /// Checks an event before it is sent, so that a decoder with these limits accepts it.
    ///
    /// To check the size of its message, use [`check_message`](Self::check_message).
    ///
    /// # Errors
    ///
    /// Returns an error if the number of attributes, the size of an attribute, or the depth of JSON
    /// data exceeds a limit.
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

    /// Checks events before they are sent as a batch, so that a decoder with these limits accepts
    /// it.
    ///
    /// # Errors
    ///
    /// Returns an error if there are too many events, or if [`check_event`](Self::check_event)
    /// returns an error for one of them.
    pub fn check_batch(&self, events: &[Event]) -> Result<(), LimitExceeded> {
        self.check_batch_events(events.len())?;
        events.iter().try_for_each(|event| self.check_event(event))
    }

    /// Checks the nesting depth of JSON data. Text that is not JSON has no depth.
    pub(crate) fn check_depth_of(&self, json: &[u8]) -> Result<(), LimitExceeded> {
        // Most data has fewer opening brackets in total than the limit allows open at once.
        if openings(json) <= self.json_depth {
            return Ok(());
        }
        let text = std::str::from_utf8(json).ok();
        let skipped = text.and_then(|text| json::skip(text, 0));
        skipped.map_or(Ok(()), |skipped| self.check_json_depth(skipped.depth))
    }
}

/// Counts opening brackets and braces, including those in strings.
fn openings(json: &[u8]) -> usize {
    // The count of a block fits into a byte, so compilers vectorize it.
    let in_block = |block: &[u8]| usize::from(block.iter().copied().map(opens).sum::<u8>());
    json.chunks(64).map(in_block).sum()
}

fn opens(byte: u8) -> u8 {
    // `[` and `{` differ in one bit, and no other character has the remaining bits.
    u8::from(byte | 0x20 == b'{')
}
