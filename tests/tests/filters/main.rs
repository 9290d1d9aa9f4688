//! Filters: the expression language CESQL, and the dialects of the Subscriptions API.

mod cesql;
mod subscriptions;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
