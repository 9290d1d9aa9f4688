//! Media types.
//!
//! `./fuzz/run 600 media_type`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::media_type(bytes));
