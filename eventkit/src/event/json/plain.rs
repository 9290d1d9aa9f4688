//! Finds the end of what stands for itself in a JSON string.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// Returns how many bytes there are before the first quote, backslash or control character.
// A call costs as much as a string does.
#[allow(clippy::inline_always)]
#[inline(always)]
pub(crate) fn plain_len(bytes: &[u8]) -> usize {
    len(bytes, |block| special_or_high(block) & !block)
}

/// Returns how many bytes there are before the first that is not printable ASCII, or is a quote or
/// a backslash.
// A call costs as much as a string does.
#[allow(clippy::inline_always)]
#[inline(always)]
pub(crate) fn plain_ascii_len(bytes: &[u8]) -> usize {
    // One more than DEL has the high bit, and only bytes that have it themselves carry.
    len(bytes, |block| {
        special_or_high(block) | (block.wrapping_add(ONES) & HIGH)
    })
}

/// Counts the bytes before the first that is special; of eight of them, a function sets the high bit
/// of the first that is, and none below.
#[allow(clippy::inline_always)]
#[inline(always)]
fn len(bytes: &[u8], special: impl Fn(u64) -> u64) -> usize {
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk() {
        let special = special(u64::from_le_bytes(*block));
        if special != 0 {
            return bytes.len() - rest.len() + special.trailing_zeros() as usize / 8;
        }
        rest = after;
    }
    bytes.len() - rest.len() + len_of_few(bytes, rest, special)
}

/// Does as [`len`] does for the rest of bytes, which is less than eight.
#[inline]
fn len_of_few(bytes: &[u8], rest: &[u8], special: impl Fn(u64) -> u64) -> usize {
    if let Some(last) = bytes.last_chunk() {
        // What is before the rest in the last eight is known not to be special.
        return match special(u64::from_le_bytes(*last)) {
            0 => rest.len(),
            special => special.trailing_zeros() as usize / 8 + rest.len() - last.len(),
        };
    }
    let mut block = [b'"'; 8];
    for (byte, own) in block.iter_mut().zip(rest) {
        *byte = *own;
    }
    special(u64::from_le_bytes(block)).trailing_zeros() as usize / 8
}

/// Sets the high bit of the first of eight bytes that is a quote, a backslash or a control
/// character, or has the high bit itself; the bits below are clear, and those above say nothing.
#[inline]
fn special_or_high(block: u64) -> u64 {
    // Subtracting borrows from a byte that is smaller, and from there on upwards.
    let below = |block: u64, limit: u8| block.wrapping_sub(ONES * u64::from(limit));
    // With this bit turned, a quote is right above the control characters, and a space is not.
    let quote_or_control = below(block ^ (ONES * 0x02), b' ' + 1);
    let backslash = below(block ^ (ONES * u64::from(b'\\')), 1);
    (quote_or_control | backslash | block) & HIGH
}
