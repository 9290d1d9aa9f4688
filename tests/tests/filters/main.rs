//! Filters: the expression language CESQL, and the dialects of the Subscriptions API.

mod cesql;
mod subscriptions;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
