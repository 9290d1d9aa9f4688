//! Finds the end of what stands for itself in a JSON string.

/// Returns how many bytes there are before the first quote, backslash or control character.
pub(crate) fn plain_len(bytes: &[u8]) -> usize {
    plain_end(bytes, 0)
}

/// Returns where the first quote, backslash or control character is from a place on, or the end.
// A call costs as much as a string does.
#[allow(clippy::inline_always)]
#[inline(always)]
pub(crate) fn plain_end(bytes: &[u8], start: usize) -> usize {
    let mut rest = bytes.get(start..).unwrap_or_default();
    while let Some((block, after)) = rest.split_first_chunk() {
        let special = special(u64::from_le_bytes(*block));
        if special != 0 {
            return bytes.len() - rest.len() + special.trailing_zeros() as usize / 8;
        }
        rest = after;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    let in_rest = rest.iter().position(is_special).unwrap_or(rest.len());
    bytes.len() - rest.len() + in_rest
}

/// Sets the high bit of the first of eight bytes that is a quote, a backslash or a control
/// character; the bits below are clear, and those above say nothing.
#[inline]
fn special(block: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    // Subtracting borrows from a byte that is smaller, and from there on upwards. Bytes that have
    // the high bit themselves are none of these.
    let below = |block: u64, limit: u8| block.wrapping_sub(ONES * u64::from(limit));
    let is = |byte: u8| below(block ^ (ONES * u64::from(byte)), 1);
    (is(b'"') | is(b'\\') | below(block, b' ')) & !block & HIGH
}
