//! Walks over a JSON value, and checks it.

use super::plain::plain_end;

/// Says that a text is not JSON; where and why is found out later, since it costs a second look.
#[derive(Debug)]
pub(crate) struct Malformed;

/// What a walk over a value has found.
#[derive(Debug)]
pub(crate) struct Walked {
    /// Where the value ends.
    pub(crate) end: usize,
    /// How many arrays and objects are open at once.
    pub(crate) depth: usize,
}

/// Walks over the value that starts at a place of a text, after white space.
///
/// It takes what `serde_json` takes where it ignores a value: an escape of one half of a surrogate
/// pair is text that no string can hold, but JSON all the same.
pub(crate) fn walk(text: &str, start: usize) -> Result<Walked, Malformed> {
    let mut walk = Walk {
        bytes: text.as_bytes(),
        at: start,
    };
    let mut open = Open::default();
    loop {
        match walk.take()? {
            b'{' => {
                open.push(true);
                if !walk.take_if(b'}') {
                    walk.name()?;
                    continue;
                }
                open.pop();
            }
            b'[' => {
                open.push(false);
                if !walk.take_if(b']') {
                    continue;
                }
                open.pop();
            }
            b'"' => walk.string()?,
            b't' => walk.literal(b"rue")?,
            b'f' => walk.literal(b"alse")?,
            b'n' => walk.literal(b"ull")?,
            b'-' => walk.unsigned()?,
            b'0'..=b'9' => {
                walk.at -= 1;
                walk.unsigned()?;
            }
            _ => return Err(Malformed),
        }
        // A value has ended, and with it perhaps what it stands in.
        loop {
            if open.count == 0 {
                let (end, depth) = (walk.at, open.most);
                return Ok(Walked { end, depth });
            }
            match (walk.take()?, open.in_object()) {
                (b',', true) => {
                    walk.name()?;
                    break;
                }
                (b',', false) => break,
                (b'}', true) | (b']', false) => open.pop(),
                _ => return Err(Malformed),
            }
        }
    }
}

/// Returns whether a text is one JSON value, and nothing but white space around it.
pub(crate) fn is_value(text: &str) -> bool {
    walk(text, 0).is_ok_and(|walked| {
        let mut rest = text.as_bytes()[walked.end..].iter();
        rest.all(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
    })
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    /// Returns the next byte that is not white space, without taking it.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            let next = *self.bytes.get(self.at)?;
            if next > b' ' || !matches!(next, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(next);
            }
            self.at += 1;
        }
    }

    #[inline]
    fn take(&mut self) -> Result<u8, Malformed> {
        let byte = self.peek().ok_or(Malformed)?;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    fn take_if(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Takes the name of a member and the colon after it.
    #[inline]
    fn name(&mut self) -> Result<(), Malformed> {
        if self.take()? != b'"' {
            return Err(Malformed);
        }
        self.string()?;
        if self.take()? == b':' {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// Takes what is left of a string after its opening quote.
    // A call costs as much as a string does.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn string(&mut self) -> Result<(), Malformed> {
        self.at = plain_end(self.bytes, self.at);
        if self.next_is(b'"') {
            self.at += 1;
            return Ok(());
        }
        self.string_with_escapes()
    }

    /// Takes what is left of a string from its first escape on.
    #[inline(never)]
    fn string_with_escapes(&mut self) -> Result<(), Malformed> {
        loop {
            let stop = self.bytes.get(self.at).ok_or(Malformed)?;
            self.at += 1;
            match stop {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                _ => return Err(Malformed),
            }
            self.at = plain_end(self.bytes, self.at);
        }
    }

    /// Takes what is left of an escape after its backslash.
    fn escape(&mut self) -> Result<(), Malformed> {
        let escape = self.bytes.get(self.at).ok_or(Malformed)?;
        self.at += 1;
        match escape {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => {
                let digits = self.bytes.get(self.at..self.at + 4).ok_or(Malformed)?;
                self.at += 4;
                if digits.iter().all(u8::is_ascii_hexdigit) {
                    Ok(())
                } else {
                    Err(Malformed)
                }
            }
            _ => Err(Malformed),
        }
    }

    fn literal(&mut self, rest: &[u8]) -> Result<(), Malformed> {
        let end = self.at + rest.len();
        let found = self.bytes.get(self.at..end) == Some(rest);
        self.at = end;
        if found { Ok(()) } else { Err(Malformed) }
    }

    /// Takes a number without its sign.
    fn unsigned(&mut self) -> Result<(), Malformed> {
        let zero = self.next_is(b'0');
        let digits = self.digits()?;
        if zero && digits > 1 {
            return Err(Malformed);
        }
        if self.next_is(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if self.next_is(b'e') || self.next_is(b'E') {
            self.at += 1;
            self.at += usize::from(self.next_is(b'+') || self.next_is(b'-'));
            self.digits()?;
        }
        Ok(())
    }

    fn next_is(&self, byte: u8) -> bool {
        self.bytes.get(self.at) == Some(&byte)
    }

    /// Takes at least one digit, and returns how many.
    fn digits(&mut self) -> Result<usize, Malformed> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        match self.at - start {
            0 => Err(Malformed),
            count => Ok(count),
        }
    }
}

/// Knows which of the open arrays and objects are objects, a bit for each.
#[derive(Default)]
struct Open {
    /// The innermost up to 64, the last of them lowest.
    inner: u64,
    /// The ones around them, 64 at a time.
    outer: Vec<u64>,
    count: usize,
    most: usize,
}

impl Open {
    fn push(&mut self, object: bool) {
        if self.count > 0 && self.count.is_multiple_of(64) {
            self.outer.push(self.inner);
        }
        self.inner = self.inner << 1 | u64::from(object);
        self.count += 1;
        self.most = self.most.max(self.count);
    }

    fn pop(&mut self) {
        self.inner >>= 1;
        self.count -= 1;
        if self.count > 0 && self.count.is_multiple_of(64) {
            self.inner = self.outer.pop().unwrap_or_default();
        }
    }

    fn in_object(&self) -> bool {
        self.inner & 1 == 1
    }
}
