//! The repository: its pages, its documentation, and the packages that it publishes.

mod dependencies;
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
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
