//! The Kafka protocol binding.

mod binary;
mod hostile;
mod keys;
mod lenient;
mod modes;
mod typed;

use eventkit_tests::suite;

/// The required attributes, as the headers of a binary message.
const REQUIRED: [(&str, &[u8]); 4] = [
    ("ce_specversion", b"1.0"),
    ("ce_id", b"1"),
    ("ce_source", b"/s"),
    ("ce_type", b"t"),
];

/// Returns the headers of a binary message with the required attributes, followed by these headers.
fn headers<'a>(others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a [u8])> {
    let others = others.iter();
    let others = others.map(|(name, value)| (*name, value.as_bytes()));
    REQUIRED.into_iter().chain(others).collect()
}

/// No headers at all.
const NONE: [(&str, &[u8]); 0] = [];

#[test]
fn every_file_is_a_module_of_the_suite() {
    suite::assert_whole(file!());
}
