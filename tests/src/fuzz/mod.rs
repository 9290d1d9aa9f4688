//! The fuzz targets, for the fuzzer and for tests with its corpus.
//!
//! An input is bytes, text, or a message as [text](message_text). Each target panics if a property
//! does not hold for the input.

mod cesql;
mod formats;
mod header_value;
mod http_decode;
mod json;
mod kafka_decode;
mod lenient;
pub mod message_text;
mod nats_decode;
mod text;
mod typed;

pub use cesql::cesql;
pub use formats::{avro_decode, protobuf_decode, xml_decode};
pub use header_value::header_value;
pub use http_decode::http_decode;
pub use json::{json_batch, json_decode};
pub use kafka_decode::kafka_decode;
pub use lenient::lenient;
pub use nats_decode::nats_decode;
pub use text::{has_valid_second, media_type, timestamp};
pub use typed::typed;

/// A fuzz target, which panics if a property does not hold for the input.
pub type Target = fn(&[u8]);

/// The targets by name. The corpus of a target is the directory with its name.
pub const TARGETS: [(&str, Target); 14] = [
    ("avro_decode", avro_decode),
    ("cesql", cesql),
    ("header_value", header_value),
    ("http_decode", http_decode),
    ("json_batch", json_batch),
    ("json_decode", json_decode),
    ("kafka_decode", kafka_decode),
    ("lenient", lenient),
    ("media_type", media_type),
    ("nats_decode", nats_decode),
    ("protobuf_decode", protobuf_decode),
    ("timestamp", timestamp),
    ("typed", typed),
    ("xml_decode", xml_decode),
];
