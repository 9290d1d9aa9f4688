//! Shared code of the test suites.

pub mod asyncapi;
pub mod attributes;
pub mod chromium;
pub mod folder;
pub mod fuzz;
pub mod guard;
pub mod header_values;
pub mod interop;
pub mod message;
pub mod nats;
pub mod postgres;
mod prepared;
pub mod processes;
pub mod rabbitmq;
pub mod reading;
pub mod refusal;
pub mod round_trip;
pub mod suite;
