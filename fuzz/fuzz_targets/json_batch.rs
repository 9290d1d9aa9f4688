//! Batches of JSON events.
//!
//! `./fuzz/run 600 json_batch`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::json_batch(bytes));
