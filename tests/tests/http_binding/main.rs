//! The HTTP protocol binding.

mod binary;
mod decode_binary;
mod header_values;
mod hostile;
mod messages;
mod modes;
mod problems;
mod typed;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
