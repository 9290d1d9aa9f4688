//! JSON events and HTTP messages decoded directly into types.
//!
//! `./fuzz/run 600 typed`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::typed(bytes));
