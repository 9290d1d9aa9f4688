//! The JSON event format, and the same decoder against a plain one over `serde_json`.

mod differential;
mod format;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
