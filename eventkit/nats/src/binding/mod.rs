//! The NATS protocol binding (NATS Protocol Binding for `CloudEvents` 1.0).
//!
//! The functions work on headers as pairs of name and value, so they fit every client. They follow
//! the draft 1.0.3 of the binding, whose section numbers are meant here: it adds the binary content
//! mode to the released 1.0.2, which only knows JSON in the body. Messages of 1.0.2, which have no
//! `Content-Type`, are read too. Neither has batches.
//!
//! ```
//! use eventkit::Event;
//! use eventkit_nats::binding;
//! use eventkit::format::Json;
//!
//! let event = Event::builder().id("1").source("/s").ty("t").data_json(&7)?.build()?;
//!
//! let message = nats::encode_binary(&event)?;
//! assert_eq!(message.header("ce-datacontenttype"), Some("application/json"));
//! assert_eq!(nats::decode(&message.headers, message.body)?, event);
//!
//! let message = nats::encode_structured(&event, &Json)?;
//! assert_eq!(nats::decode(&message.headers, message.body)?, event);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod binary;
mod decode;
mod encode;
mod message;

pub use decode::{Decoder, decode, decode_as, with_limits};
pub use encode::{encode_binary, encode_structured};
pub use message::Message;
