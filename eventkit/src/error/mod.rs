//! The errors of values, events, encoding and decoding.

use std::error::Error;
use std::iter;

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

/// Returns the text of an error and those of its causes on one line, as health and problems have it.
///
/// Many errors end with the text of their cause and return it as well, such as a variant with
/// `#[error("database: {0}")]` and `#[from]`. Such a cause is not repeated.
///
/// ```
/// use eventkit::transport::{TransportError, with_causes};
///
/// let port = "http".parse::<u16>().unwrap_err();
/// let error = TransportError::unavailable("the address has no port").with_source(port);
/// assert_eq!(with_causes(&error), "the address has no port: invalid digit found in string");
/// ```
pub fn with_causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    for cause in iter::successors(error.source(), |error| (*error).source()) {
        let text = cause.to_string();
        if !line.ends_with(&text) {
            line = format!("{line}: {text}");
        }
    }
    line
}

/// Joins the texts of errors in one line.
pub(crate) fn joined<T: ToString>(errors: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = errors.into_iter().map(|error| error.to_string()).collect();
    texts.join("; ")
}
