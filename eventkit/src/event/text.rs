//! The characters that an attribute may hold.

/// Returns whether every character is allowed in the type `String` (core, Type System).
///
/// Surrogates need no check: a `str` has none.
pub(crate) fn is_attribute_text(text: &str) -> bool {
    // Printable ASCII is nearly every value; it needs no decoding.
    is_printable_ascii(text.as_bytes()) || text.chars().all(is_allowed)
}

/// Looks at blocks without leaving them early, which compilers turn into few instructions.
fn is_printable_ascii(bytes: &[u8]) -> bool {
    let printable = |byte: &u8| byte.wrapping_sub(b' ') < 0x5f;
    let (blocks, rest) = bytes.as_chunks::<16>();
    let block = |block: &[u8; 16]| block.iter().fold(true, |all, byte| all & printable(byte));
    blocks.iter().all(block) && rest.iter().all(printable)
}

fn is_allowed(c: char) -> bool {
    !c.is_control() && !is_noncharacter(c)
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}
