//! The HTTP transport: the responses of endpoints, over real connections and in paused time, and
//! how senders handle responses.

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
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
