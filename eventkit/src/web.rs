//! The extractors and responses that the features `axum` and `actix` share.

use crate::event::Event;

/// Extractor and response of one event of a derived type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed<T>(pub T);

/// Extractor and response of a batch; a single event is taken as a batch of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch(pub Vec<Event>);

/// Response of one event in structured mode, in the JSON format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structured(pub Event);
