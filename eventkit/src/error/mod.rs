//! The errors of encoding and decoding.

mod decode;
mod encode;

pub use decode::{DecodeError, DecodeErrorKind};
pub use encode::EncodeError;

/// Any error that a user's code may return.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
