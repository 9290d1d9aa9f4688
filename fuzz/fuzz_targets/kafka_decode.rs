//! Kafka messages in both content modes.
//!
//! `./fuzz/run 600 kafka_decode`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventkit_tests::fuzz::kafka_decode(bytes));
