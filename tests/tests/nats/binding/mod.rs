//! The NATS protocol binding.

mod binary;
mod header_values;
mod hostile;
mod modes;
mod typed;

use eventkit_tests::message::REQUIRED;

/// Returns the headers of a binary message with the required attributes, followed by these headers.
fn headers<'a>(others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&REQUIRED, others].concat()
}
