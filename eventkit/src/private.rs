//! What the generated code calls. Not part of the public interface.

pub use serde;

pub use crate::error::{DecodeError, EncodeError};
pub use crate::event::{Event, EventBuilder};
pub use crate::typed::{
    AttributeSource, CloudEvent, EventSource, Literal, Metadata, position, set_attribute,
};
