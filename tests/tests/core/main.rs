//! The envelope, what extends and bounds it, and the codecs of its data.

mod codec;
mod event;
mod extensions;
mod lenient;
mod limits;

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
