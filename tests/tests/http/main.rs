//! The HTTP protocol binding, and the features `axum`, `actix` and `reqwest` over real connections.

mod binding;
mod web;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
