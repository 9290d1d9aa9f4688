//! The command line, as a process.

mod brokers;
mod convert;
mod filter;
mod health;
mod help;
mod https;
mod letters;
mod listen;
mod program;
mod send;
mod servers;
mod terminal;
mod usage;
mod validate;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
