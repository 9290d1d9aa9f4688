//! XML events and batches.
//!
//! `./fuzz/run 600 xml_decode`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::xml_decode(bytes));
