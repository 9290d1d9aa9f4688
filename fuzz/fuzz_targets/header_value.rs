//! Attribute values in HTTP headers.
//!
//! `./fuzz/run 600 header_value`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::header_value(bytes));
