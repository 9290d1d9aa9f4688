//! Typed `CloudEvents`.

pub mod binding;
pub mod codec;
mod error;
pub mod event;
pub mod format;
mod typed;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use error::{BoxError, DecodeError, DecodeErrorKind, EncodeError};
pub use event::{Event, EventBuilder};
pub use typed::{AttributeSource, CloudEvent, EventSource};
