//! A crate with handlers, which the tests link.

#![forbid(unsafe_code)]

use eventkit::{Event, handles};

/// Handles all events of the default registry.
#[handles("*")]
pub fn plugged_in(_event: &Event) {}
