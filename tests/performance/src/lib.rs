//! The costs of eventkit.
//!
//! [`cases`] are the measured operations. The binary `counts` counts their instructions and
//! allocations. The package in `comparison/` compares their times with other libraries.

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
