//! Messages and JSON events that may violate the specification.
//!
//! `./fuzz/run 600 lenient`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::lenient(bytes));
