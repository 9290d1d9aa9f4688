//! The Kafka protocol binding (Kafka Protocol Binding for CloudEvents 1.0).
//!
//! A [`Message`] is a record without its key: headers as pairs of name and bytes, and a value that
//! may be null. The functions take them from every client, and the crate depends on none.
//!
//! ```
//! use eventkit::Event;
//! use eventkit::binding::kafka;
//! use eventkit::format::Json;
//!
//! let event = Event::builder().id("1").source("/s").ty("t").subject("50 %").data_json(&7)?.build()?;
//!
//! let message = kafka::encode_binary(&event)?;
//! assert_eq!(message.header("ce_subject"), Some(&b"50 %"[..]));
//! assert_eq!(message.header("content-type"), Some(&b"application/json"[..]));
//! assert_eq!(kafka::decode(&message.headers, message.value)?, event);
//!
//! let message = kafka::encode_structured(&event, &Json)?;
//! assert_eq!(kafka::decode(&message.headers, message.value)?, event);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The guide [Kafka](crate::guides::kafka) shows the functions with rdkafka and rskafka.
//!
//! # Headers
//!
//! An attribute is the header with its name after `ce_`, and its value is the text of the attribute
//! in UTF-8, without percent-encoding. `datacontenttype` is the header `content-type`; a header
//! `ce_datacontenttype` is refused. Decoders ignore the case of names, as other SDKs do, and refuse
//! a name that occurs twice. A header whose value is null counts as absent, so leave it out.
//!
//! The `content-type` determines the content mode (section 3), and the binding has no batches.
//!
//! # Values
//!
//! In binary mode, an event without data has the null value, which is a tombstone in a topic with log
//! compaction. Empty data is an empty value. In structured mode, the value is never null.
//!
//! # Keys
//!
//! The key of a record is not part of the event (section 3.1): [`record_key`] returns the one that
//! the partitioning extension defines, and [`with_record_key`] sets the extension from it.

mod decode;
mod encode;
mod key;
mod lenient;
mod message;

pub use decode::{Decoder, decode, decode_as, with_limits};
pub use encode::{encode_binary, encode_structured};
pub use key::{record_key, with_record_key};
pub use lenient::{
    decode_lenient, encode_binary_lenient, encode_lenient, encode_structured_lenient,
};
pub use message::Message;
