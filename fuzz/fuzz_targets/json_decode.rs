//! JSON events.
//!
//! `./fuzz/run 600 json_decode`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::json_decode(bytes));
