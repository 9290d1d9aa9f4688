//! JSON text (RFC 8259) that is kept as it is: validity, ends of values, and depth.

use smallvec::SmallVec;

/// Value that was skipped.
#[derive(Debug)]
pub(crate) struct Skipped {
    /// The position after the value.
    pub(crate) end: usize,
    /// The number of arrays and objects that are open at once.
    pub(crate) depth: usize,
}

/// Skips the value at a position of a text, and white space before it; `None` if it is malformed.
///
/// It accepts what `serde_json` accepts for a value that it ignores: an escape of one half of a
/// surrogate pair is text that no string can hold, but it is JSON.
pub(crate) fn skip(text: &str, at: usize) -> Option<Skipped> {
    let mut skipper = Skipper {
        bytes: text.as_bytes(),
        at,
    };
    let depth = skipper.value()?;
    let end = skipper.at;
    Some(Skipped { end, depth })
}

/// Returns whether a text is one JSON value, and white space around it.
pub(crate) fn is_value(text: &str) -> bool {
    skip(text, 0).is_some_and(|skipped| is_blank(&text[skipped.end..]))
}

/// Returns whether a text is white space between tokens.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

#[inline]
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// The bytes that end a run of characters that stand for themselves in a string.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut control = 0;
    while control < b' ' as usize {
        special[control] = true;
        control += 1;
    }
    special[b'"' as usize] = true;
    special[b'\\' as usize] = true;
    special
};

/// Returns how many bytes of a string stand before its first quote, backslash or control character.
#[inline]
pub(crate) fn unescaped_len(bytes: &[u8]) -> usize {
    let is_special = |byte: &u8| SPECIAL[usize::from(*byte)];
    // Compilers unroll the loop over a block of known length.
    let (blocks, rest) = bytes.as_chunks::<8>();
    for (at, block) in blocks.iter().enumerate() {
        if let Some(end) = block.iter().position(is_special) {
            return 8 * at + end;
        }
    }
    let end = rest.iter().position(is_special).unwrap_or(rest.len());
    8 * blocks.len() + end
}

struct Skipper<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Skipper<'_> {
    /// Skips a value, and returns how deep it is nested.
    fn value(&mut self) -> Option<usize> {
        // The closing bracket of the innermost array or object that is open, or zero.
        let mut close = 0;
        let mut outer: SmallVec<[u8; 64]> = SmallVec::new();
        let mut depth = 0;
        loop {
            match self.next()? {
                b'"' => self.at = string_end(self.bytes, self.at)?,
                bracket @ (b'{' | b'[') => {
                    outer.push(close);
                    depth = depth.max(outer.len());
                    // In ASCII, closing brackets are two after the opening ones.
                    close = bracket + 2;
                    if self.next()? == close {
                        close = outer.pop()?;
                    } else {
                        self.at -= 1;
                        self.name_in(close)?;
                        continue;
                    }
                }
                _ => self.at = scalar_end(self.bytes, self.at - 1)?,
            }
            // A value has ended, and with it perhaps what it stands in.
            loop {
                if close == 0 {
                    return Some(depth);
                }
                match self.next()? {
                    b',' => {
                        self.name_in(close)?;
                        break;
                    }
                    next if next == close => close = outer.pop()?,
                    _ => return None,
                }
            }
        }
    }

    /// Takes the next byte that is not white space.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        loop {
            let next = *self.bytes.get(self.at)?;
            self.at += 1;
            if !is_space(next) {
                return Some(next);
            }
        }
    }

    /// Skips the name of a member and the colon after it, if an object is open.
    #[inline]
    fn name_in(&mut self, close: u8) -> Option<()> {
        if close == b']' {
            return Some(());
        }
        if self.next()? != b'"' {
            return None;
        }
        self.at = string_end(self.bytes, self.at)?;
        (self.next()? == b':').then_some(())
    }
}

// The functions below take positions by value, so that they stay in registers.

/// Returns the position after a string; `at` is after its opening quote.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += unescaped_len(bytes.get(at..)?);
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at = escape_end(bytes, at + 1)?,
            _ => return None,
        }
    }
}

/// Returns the position after an escape; `at` is after its backslash.
fn escape_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => {
            let digits = bytes.get(at + 1..at + 5)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(at + 5)
        }
        _ => None,
    }
}

/// Returns the position after a literal or a number; `at` is that of its first byte.
fn scalar_end(bytes: &[u8], at: usize) -> Option<usize> {
    let literal = |text: &[u8]| bytes[at..].starts_with(text).then_some(at + text.len());
    match bytes.get(at)? {
        b't' => literal(b"true"),
        b'f' => literal(b"false"),
        b'n' => literal(b"null"),
        b'-' => number_end(bytes, at + 1),
        _ => number_end(bytes, at),
    }
}

/// Returns the position after a number without a sign.
fn number_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = digits_end(bytes, start)?;
    if bytes[start] == b'0' && at > start + 1 {
        return None;
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits_end(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = digits_end(bytes, at)?;
    }
    Some(at)
}

/// Returns the position after one digit or more.
fn digits_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    (at > start).then_some(at)
}
