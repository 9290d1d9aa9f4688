//! Handlers in a crate of their own.

#![forbid(unsafe_code)]

use eventkit::{Event, handles};

/// Handles everything in the default registry.
#[handles("*")]
pub fn plugged_in(_event: &Event) {}
