//! The expression language CESQL.

mod case;
mod explain;
mod functions;
mod limits;
mod properties;
mod tck;
mod vectors;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
