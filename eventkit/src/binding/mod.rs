//! Protocol bindings: events to and from protocol messages, as pure functions.
//!
//! Every binding has the same verbs: `encode_binary`, `encode_structured`, `decode` and `decode_as`,
//! and `encode_batch` and `decode_batch` where its protocol has batches; over HTTP also `_lenient` ones
//! for who passes on events that may break the specification. None of them does I/O.

mod binary;
mod header_value;

#[cfg(feature = "http")]
pub mod http;
pub mod nats;
