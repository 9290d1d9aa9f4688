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
#[allow(clippy::inline_always)]
#[inline(always)]
fn len(bytes: &[u8], is_special: impl Fn(u8) -> bool) -> usize {
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk::<16>() {
        let special = marks(block, &is_special);
        if special != 0 {
            return bytes.len() - rest.len() + place(special);
        }
        rest = after;
    }
    bytes.len() - rest.len() + len_of_few(bytes, rest, is_special)
}

/// Does as [`len`] does for the rest of bytes, which is shorter than a block.
#[inline(never)]
fn len_of_few(bytes: &[u8], rest: &[u8], is_special: impl Fn(u8) -> bool) -> usize {
    let Some(last) = bytes.last_chunk::<16>() else {
        let special = rest.iter().position(|byte| is_special(*byte));
        return special.unwrap_or(rest.len());
    };
    // What is before the rest in the last block is known not to be special.
    match marks(last, &is_special) {
        0 => rest.len(),
        special => place(special) + rest.len() - last.len(),
    }
}

/// Marks the bytes of a block that are special.
///
/// It looks at all of them, and takes what it finds for one number, which compilers turn into few
/// instructions.
#[allow(clippy::inline_always)]
#[inline(always)]
fn marks(block: &[u8; 16], is_special: impl Fn(u8) -> bool) -> u128 {
    let mut marks = [0; 16];
    for (mark, byte) in marks.iter_mut().zip(block) {
        *mark = if is_special(*byte) { 0xff } else { 0 };
    }
    u128::from_le_bytes(marks)
}

/// Returns which of the bytes that are marked is the first.
#[inline]
fn place(marks: u128) -> usize {
    marks.trailing_zeros() as usize / 8
}
