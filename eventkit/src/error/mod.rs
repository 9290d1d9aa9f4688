//! What can be wrong: values, events, encoding and decoding.

mod attribute;
mod decode;
mod encode;
mod exceeded;
mod violation;

pub use attribute::AttributeError;
pub use decode::{DecodeError, DecodeErrorKind};
pub use encode::EncodeError;
pub use exceeded::Exceeded;
pub use violation::{BuildError, Violation};
pub(crate) use violation::{MOST_VIOLATIONS, shorten};

/// Any error that a user's code may return.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
