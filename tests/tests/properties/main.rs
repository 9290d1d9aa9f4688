//! What holds of all events, and of all input.

mod events;
mod hostile;
mod schema;
mod strategy;
mod texts;
mod typed;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
