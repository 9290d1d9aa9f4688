//! The characters that an attribute may hold.

use eventkit_cesql::rules;

/// Returns whether every character is allowed in the type `String` (core, Type System).
///
/// Surrogates need no check: a `str` has none.
pub(crate) fn is_attribute_text(text: &str) -> bool {
    // Printable ASCII is nearly every value; it needs no decoding.
    is_printable_ascii(text.as_bytes()) || text.chars().all(rules::is_attribute_char)
}

fn is_printable_ascii(bytes: &[u8]) -> bool {
    all(bytes, |byte| matches!(byte, b' '..=b'~'))
}

/// Returns whether something holds of every byte.
///
/// It looks at blocks without leaving them early, which compilers turn into few instructions.
#[inline]
pub(crate) fn all(bytes: &[u8], holds: impl Fn(u8) -> bool) -> bool {
    let in_block = |block: &[u8]| block.iter().fold(true, |all, byte| all & holds(*byte));
    // What is left after the blocks is looked at with bytes that were looked at before.
    if let Some(last) = bytes.last_chunk::<16>() {
        let (blocks, _) = bytes.as_chunks::<16>();
        return blocks.iter().all(|block| in_block(block)) && in_block(last);
    }
    match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => in_block(first) & in_block(last),
        _ => bytes.iter().all(|byte| holds(*byte)),
    }
}
