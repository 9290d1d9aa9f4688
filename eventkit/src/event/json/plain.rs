//! Finds the end of what stands for itself in a JSON string.

/// Returns how many bytes there are before the first quote, backslash or control character.
pub(crate) fn plain_len(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<8>();
    for (at, block) in blocks.iter().enumerate() {
        let special = special(u64::from_le_bytes(*block));
        if special != 0 {
            return 8 * at + special.trailing_zeros() as usize / 8;
        }
    }
    let in_rest = rest
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
    bytes.len() - rest.len() + in_rest.unwrap_or(rest.len())
}

/// Sets the high bit of the first of eight bytes that is a quote, a backslash or a control
/// character; the bits below are clear, and those above say nothing.
fn special(block: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    // Subtracting borrows from a byte that is smaller, and from there on upwards.
    let below = |block: u64, limit: u8| block.wrapping_sub(ONES * u64::from(limit)) & !block;
    let is = |byte: u8| below(block ^ (ONES * u64::from(byte)), 1);
    (is(b'"') | is(b'\\') | below(block, b' ')) & HIGH
}
