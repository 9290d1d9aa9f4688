//! The envelope: attributes, extensions and data.

mod as_text;
mod builder;
mod data;
mod equality;
mod media_types;
mod printing;
mod setters;
mod sharing;
mod timestamps;
mod typed_access;
mod uris;
mod values;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
