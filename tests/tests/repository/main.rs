//! The repository itself: its pages, its documentation, and the packages that it publishes.

mod examples;
mod features;
mod guides;
mod links;
mod packages;
mod public_items;
mod readme;
mod release;
mod workspace;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
