//! The transport on HTTP: what endpoints answer, over real connections and in paused time, and what
//! senders do with answers.

mod answers;
mod batch;
mod conformance;
mod end;
mod handshake;
mod hang_up;
mod harness;
mod limits;
mod memory;
mod mounted;
mod script;
mod sending;
mod service;
mod silence;
mod token;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
