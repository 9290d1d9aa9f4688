//! The NATS protocol binding (NATS Protocol Binding for CloudEvents 1.0).
//!
//! The functions take headers as pairs of name and value, so they work with every client.
//!
//! The functions implement the draft 1.0.3 of the binding; section numbers in the documentation
//! refer to it. It adds the binary content mode to the released version 1.0.2, which only has JSON
//! in the body. Messages of 1.0.2, which have no `Content-Type`, are decoded too. Neither version
//! has batches.
//!
//! ```
//! use eventkit::Event;
//! use eventkit::format::Json;
//! use eventkit_nats::binding;
//!
//! let event = Event::builder().id("1").source("/s").ty("t").data_json(&7)?.build()?;
//!
//! let message = binding::encode_binary(&event)?;
//! assert_eq!(message.header("ce-datacontenttype"), Some("application/json"));
//! assert_eq!(binding::decode(&message.headers, message.body)?, event);
//!
//! let message = binding::encode_structured(&event, &Json)?;
//! assert_eq!(binding::decode(&message.headers, message.body)?, event);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decode;
mod encode;

pub use decode::{Decoder, decode, decode_as, with_limits};
pub use encode::{Message, encode_binary, encode_structured};
