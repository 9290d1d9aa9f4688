//! Protocol bindings: events to and from protocol messages, as pure functions.
//!
//! Every binding has the same verbs: `encode_binary`, `encode_structured`, `encode_batch`,
//! `decode`, `decode_batch` and `decode_as`; and with `_lenient` after
//! them for who passes on events that may break the specification. None of them does I/O.

pub mod http;
