//! Protobuf events and batches.
//!
//! `./fuzz/run 600 protobuf_decode`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::protobuf_decode(bytes));
