//! Filters: the dialects of the Subscriptions API.

mod dialects;
mod errors;
mod json;
mod typed;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
