//! The HTTP protocol binding, and the features `axum`, `actix` and `reqwest` over real connections.

mod binding;
mod web;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
