//! HTTP messages in all content modes.
//!
//! `./fuzz/run 600 http_decode`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::http_decode(bytes));
