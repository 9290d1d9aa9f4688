//! The repository itself: its README, and the packages that it publishes.

mod features;
mod packages;
mod readme;
mod workspace;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
