//! The rules of the specification one by one: vectors, and the table in the documentation.

mod described;
mod given;
mod rules;
mod size;
mod table;
mod then;
mod vectors;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
