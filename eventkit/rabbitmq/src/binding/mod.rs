//! The AMQP protocol binding (AMQP Protocol Binding for CloudEvents 1.0), on AMQP 0-9-1.
//!
//! The binding is specified for AMQP 1.0. Its application properties become headers of AMQP 0-9-1, as they do
//! when RabbitMQ itself converts a message between the two versions. Section numbers in the documentation
//! refer to the draft 1.0.3.
//!
//! | AMQP 1.0 | AMQP 0-9-1 |
//! | --- | --- |
//! | property `content-type` | property `content_type` |
//! | application property `cloudEvents_id` or `cloudEvents:id` | header of the same name |
//! | boolean, long | `t`, `l` |
//! | string, and all other types | `S` |
//!
//! Both prefixes are decoded. `cloudEvents_` is encoded, or `cloudEvents:` with [`Separator::Colon`]. Integers of
//! every width, timestamps and byte arrays are decoded. Timestamps are encoded as text, since those of AMQP 0-9-1
//! have neither an offset nor fractions of a second. Byte arrays are encoded as text too, since they are an
//! extension of RabbitMQ.
//!
//! The property contains the content type of the data, up to 255 bytes. A longer one, or one that would make
//! the message look structured, is in the header `cloudEvents_datacontenttype`. The decoder prefers the header
//! to the property.
//!
//! The functions take headers as pairs of name and value, so they work with every client. Values of `lapin` 4
//! convert to [`HeaderRef`], and from [`HeaderValue`].
//!
//! ```
//! use eventkit::Event;
//! use eventkit::format::Json;
//! use eventkit_rabbitmq::binding::{self, HeaderValue};
//!
//! let event = Event::builder().id("1").source("/s").ty("t").extension("n", 7).data_json(&7)?.build()?;
//!
//! let message = binding::encode_binary(&event)?;
//! assert_eq!(message.content_type.as_deref(), Some("application/json"));
//! assert_eq!(message.header("cloudEvents_n"), Some(&HeaderValue::Integer(7)));
//! assert_eq!(binding::decode(message.content_type.as_deref(), message.headers(), message.body.clone())?, event);
//!
//! let message = binding::encode_structured(&event, &Json)?;
//! assert_eq!(binding::decode(message.content_type.as_deref(), message.headers(), message.body.clone())?, event);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decode;
mod encode;
mod header;
#[cfg(test)]
mod other_sdks;
mod separator;

pub use decode::{Decoder, decode, decode_as, with_limits};
pub use encode::{Message, encode_binary, encode_binary_with, encode_structured};
pub use header::{HeaderRef, HeaderValue};
pub use separator::Separator;
pub(crate) use separator::is_attribute;

/// The prefix of the content types of structured messages (section 3).
const STRUCTURED_PREFIX: &str = "application/cloudevents";

/// The maximum length of names and of some properties of AMQP, in bytes.
const MAX_SHORT_STRING: usize = 255;

pub(crate) fn is_structured(content_type: &str) -> bool {
    let prefix = content_type.as_bytes().get(..STRUCTURED_PREFIX.len());
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(STRUCTURED_PREFIX.as_bytes()))
}
