//! The grammar of JSON (RFC 8259), for text that is kept as it is.

mod plain;
mod walk;

pub(crate) use plain::{plain_ascii_len, plain_len};
pub(crate) use walk::{Malformed, is_value, walk};

/// Returns whether a byte is white space between tokens.
#[inline]
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Returns whether there is nothing but white space.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| is_space(*byte))
}
