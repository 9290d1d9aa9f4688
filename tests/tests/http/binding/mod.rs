//! The HTTP protocol binding.

mod binary;
mod decode_binary;
mod header_values;
mod hostile;
mod messages;
mod modes;
mod problems;
mod typed;
