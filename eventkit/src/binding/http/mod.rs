//! The HTTP protocol binding (HTTP Protocol Binding for CloudEvents 1.0).
//!
//! The functions use the types of the `http` crate, so they work with every client and server.
//! Decoding determines the content mode from the `Content-Type` (section 3), and is strict. The
//! functions whose names end in `_lenient` also accept and pass on events that violate the
//! specification, as described by [`LenientEvent`](crate::LenientEvent).
//!
//! ```
//! use eventkit::Event;
//! use eventkit::binding::http;
//! use eventkit::format::Json;
//!
//! let event = Event::builder().id("1").source("/s").ty("t").subject("a b").build()?;
//!
//! let message = http::encode_binary(&event)?;
//! assert_eq!(message.headers["ce-subject"], "a%20b");
//! assert_eq!(http::decode(&message.headers, message.body)?, event);
//!
//! let message = http::encode_structured(&event, &Json)?;
//! assert_eq!(http::decode(&message.headers, message.body)?, event);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decode;
mod encode;
mod lenient;
mod message;
mod problem;
mod trace_context;

pub use decode::{Decoder, decode, decode_as, decode_batch, with_limits};
pub use encode::{encode_batch, encode_binary, encode_structured};
pub use lenient::{
    decode_batch_lenient, decode_lenient, encode_batch_lenient, encode_binary_lenient,
    encode_lenient, encode_structured_lenient,
};
pub use message::Message;
pub use problem::Problem;
pub use trace_context::inherit_trace_context;
