//! The errors of values, events, encoding and decoding.

mod attribute;
mod decode;
mod encode;
mod excerpt;
mod limit;
mod violation;

pub use attribute::AttributeError;
pub use decode::{DecodeError, DecodeErrorKind};
pub use encode::EncodeError;
pub(crate) use excerpt::truncate;
pub use limit::LimitExceeded;
pub(crate) use violation::MAX_VIOLATIONS;
pub use violation::{BuildError, Violation};

/// Any error that user code may return.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Joins the texts of errors in one line.
pub(crate) fn joined<T: ToString>(errors: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = errors.into_iter().map(|error| error.to_string()).collect();
    texts.join("; ")
}
