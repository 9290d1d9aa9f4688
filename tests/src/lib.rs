//! Harness of the test suites.

pub mod message;
pub mod reading;
pub mod refusal;
pub mod suite;
