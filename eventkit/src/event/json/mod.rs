//! The grammar of JSON (RFC 8259), for text that is kept as it is.

mod plain;
mod walk;

pub(crate) use plain::{plain_ascii_len, plain_len};
pub(crate) use walk::{Malformed, is_value, walk};
