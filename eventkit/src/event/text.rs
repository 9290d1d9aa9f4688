//! The characters that an attribute may hold.

/// Returns whether every character is allowed in the type `String` (core, Type System).
///
/// Surrogates need no check: a `str` has none.
pub(crate) fn is_attribute_text(text: &str) -> bool {
    // Printable ASCII is nearly every value; it needs no decoding.
    text.bytes().all(|b| matches!(b, 0x20..=0x7e)) || text.chars().all(is_allowed)
}

fn is_allowed(c: char) -> bool {
    !c.is_control() && !is_noncharacter(c)
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}
