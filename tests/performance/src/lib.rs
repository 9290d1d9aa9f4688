//! What eventkit costs.
//!
//! [`cases`] are the operations that are measured. The binary `counts` counts their instructions
//! and allocations; the package in `comparison/` times them beside what others do.

pub mod allocations;
pub mod callgrind;
pub mod case;
pub mod cases;
pub mod dispatch;
pub mod events;
mod excluded;
pub mod messages;
pub mod nats;
pub mod plain;
pub mod service;
pub mod thresholds;
