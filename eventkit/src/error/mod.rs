//! What can be wrong: values, events, encoding and decoding.

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

/// Any error that a user's code may return.
///
/// ```
/// use eventkit::BoxError;
///
/// fn read_port(text: &str) -> Result<u16, BoxError> {
///     let port = text.parse()?;
///     if port == 0 {
///         return Err("the port is 0".into());
///     }
///     Ok(port)
/// }
///
/// assert!(read_port("80").is_ok());
/// ```
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Returns the texts of errors on one line.
pub(crate) fn joined<T: ToString>(errors: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = errors.into_iter().map(|error| error.to_string()).collect();
    texts.join("; ")
}
