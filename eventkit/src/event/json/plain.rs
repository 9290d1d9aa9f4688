//! Finds the end of what stands for itself in a JSON string.

/// Returns how many bytes there are before the first quote, backslash or control character.
// A call costs as much as a string does.
#[allow(clippy::inline_always)]
#[inline(always)]
pub(crate) fn plain_len(bytes: &[u8]) -> usize {
    len(bytes, |byte| byte < b' ' || byte == b'"' || byte == b'\\')
}

/// Returns how many bytes there are before the first that is not printable ASCII, or is a quote or
/// a backslash.
// A call costs as much as a string does.
#[allow(clippy::inline_always)]
#[inline(always)]
pub(crate) fn plain_ascii_len(bytes: &[u8]) -> usize {
    len(bytes, |byte| {
        !(b' '..=b'~').contains(&byte) || byte == b'"' || byte == b'\\'
    })
}

/// Returns how many bytes there are before the first that is special.
///
/// It looks at blocks without leaving them early, and takes what it finds for one number, which
/// compilers turn into few instructions.
#[allow(clippy::inline_always)]
#[inline(always)]
fn len(bytes: &[u8], is_special: impl Fn(u8) -> bool) -> usize {
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk::<16>() {
        let mut special = [0; 16];
        for (special, byte) in special.iter_mut().zip(block) {
            *special = if is_special(*byte) { 0xff } else { 0 };
        }
        let special = u128::from_le_bytes(special);
        if special != 0 {
            return bytes.len() - rest.len() + special.trailing_zeros() as usize / 8;
        }
        rest = after;
    }
    let in_rest = rest.iter().position(|byte| is_special(*byte));
    bytes.len() - rest.len() + in_rest.unwrap_or(rest.len())
}
