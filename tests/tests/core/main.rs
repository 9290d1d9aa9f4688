//! Events, extensions, limits, lenient decoding and data codecs.

mod codec;
mod event;
mod extensions;
mod lenient;
mod limits;

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
