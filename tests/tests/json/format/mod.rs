//! The JSON event format and the JSON batch format.

mod as_serde;
mod batch;
mod data;
mod encode;
mod encode_typed;
mod formats;
mod hostile;
mod members;
mod mutations;
mod numbers;
mod typed;
