//! Expressions of CESQL.
//!
//! `./fuzz/run 600 cesql`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::cesql(bytes));
