//! Edge cases of the specification, one test per rule and named after it.

mod attributes;
mod data;
mod http;
