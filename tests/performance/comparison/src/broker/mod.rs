//! Consuming from a broker: what the benchmarks of all brokers share.

pub mod contender;
pub mod service;
pub mod spent;
