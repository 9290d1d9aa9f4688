//! Telemetry, as a receiver of OTLP gets it from a program: spans, traces and metrics; and the health
//! probes.

#![expect(clippy::unused_async, reason = "async handlers are traced")]

mod brokers;
mod carried;
mod failures;
mod foreign;
mod metrics;
mod outbox;
mod probes;
mod receiver;
mod secrets;
mod trees;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
