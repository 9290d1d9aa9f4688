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
                b'"' => self.string()?,
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
                first => self.scalar(first)?,
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
        self.string()?;
        (self.next()? == b':').then_some(())
    }

    /// Skips a string after its opening quote.
    #[inline]
    fn string(&mut self) -> Option<()> {
        self.at += unescaped_len(self.bytes.get(self.at..)?);
        if self.bytes.get(self.at) == Some(&b'"') {
            self.at += 1;
            return Some(());
        }
        self.escaped_string()
    }

    /// Skips a string from its first escape on.
    fn escaped_string(&mut self) -> Option<()> {
        while self.bytes.get(self.at)? == &b'\\' {
            self.escape()?;
            self.at += unescaped_len(self.bytes.get(self.at..)?);
        }
        let is_closed = self.bytes.get(self.at)? == &b'"';
        self.at += 1;
        is_closed.then_some(())
    }

    fn escape(&mut self) -> Option<()> {
        let len = match self.bytes.get(self.at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' => {
                let digits = self.bytes.get(self.at + 2..self.at + 6)?;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(6)?
            }
            _ => return None,
        };
        self.at += len;
        Some(())
    }

    /// Skips a literal or a number after its first byte.
    fn scalar(&mut self, first: u8) -> Option<()> {
        match first {
            b't' => self.literal(b"rue"),
            b'f' => self.literal(b"alse"),
            b'n' => self.literal(b"ull"),
            b'-' => self.number(),
            b'0'..=b'9' => {
                self.at -= 1;
                self.number()
            }
            _ => None,
        }
    }

    fn literal(&mut self, rest: &[u8]) -> Option<()> {
        let found = self.bytes[self.at..].starts_with(rest);
        self.at += rest.len();
        found.then_some(())
    }

    /// Skips a number without its sign.
    fn number(&mut self) -> Option<()> {
        let zero = self.bytes.get(self.at) == Some(&b'0');
        let digits = self.digits()?;
        if zero && digits > 1 {
            return None;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Skips one digit or more, and returns how many.
    fn digits(&mut self) -> Option<usize> {
        let rest = self.bytes.get(self.at..)?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
        let count = digits.count();
        self.at += count;
        (count > 0).then_some(count)
    }
}
