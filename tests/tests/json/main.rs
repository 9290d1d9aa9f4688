//! The JSON event format, and the same decoder against a plain one over `serde_json`.

mod differential;
mod format;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
