//! Timestamps.
//!
//! `./fuzz/run 600 timestamp`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::timestamp(bytes));
