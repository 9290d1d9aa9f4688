//! Data codecs: those built in, and those a program adds.

mod added;
mod bytes;
mod choice;
mod declared;
mod json;
mod not_self_describing;
mod register;
mod text;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
