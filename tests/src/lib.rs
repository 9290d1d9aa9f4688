//! Harness of the test suites.

pub mod attributes;
pub mod message;
pub mod reading;
pub mod refusal;
pub mod suite;
