//! The documented extensions as types.

mod events;
mod tracing;
mod values;
