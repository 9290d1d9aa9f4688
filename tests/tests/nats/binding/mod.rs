//! The NATS protocol binding.

mod binary;
mod hostile;
mod modes;
mod typed;
mod values;

use eventkit_tests::message::REQUIRED;

/// Returns the headers of a binary message with the required attributes, and these after them.
fn headers<'a>(others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&REQUIRED, others].concat()
}
