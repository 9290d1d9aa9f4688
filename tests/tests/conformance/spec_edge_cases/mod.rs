//! Edge cases of the specification, with one test for each rule.

mod attributes;
mod data;
mod http;
