//! The graph of events and handlers.

mod layers;
mod layout;
mod mermaid;
mod model;
mod order;
mod svg;

pub(crate) use mermaid::mermaid;
pub(crate) use svg::{linked, svg};
