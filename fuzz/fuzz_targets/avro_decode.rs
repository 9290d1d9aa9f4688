//! Avro events and batches.
//!
//! `./fuzz/run 600 avro_decode`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::avro_decode(bytes));
