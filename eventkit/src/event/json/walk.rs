//! Walks over a JSON value, and checks it.

use super::plain::plain_len;
use super::{is_blank, is_space};

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
    let (end, depth) = value(text.as_bytes(), start).ok_or(Malformed)?;
    Ok(Walked { end, depth })
}

/// Returns whether a text is one JSON value, and nothing but white space around it.
pub(crate) fn is_value(text: &str) -> bool {
    walk(text, 0).is_ok_and(|walked| is_blank(&text.as_bytes()[walked.end..]))
}

/// A place that no text has: where something ends that is malformed.
///
/// Nothing can be taken there, so it needs no look of its own.
const NOWHERE: usize = usize::MAX;

/// How many bytes are looked at one by one before they are looked at in blocks.
const FEW: usize = 4;

/// Takes a value from a place on, and returns where it ends, and how many arrays and objects are
/// open at once.
fn value(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut open = Open::default();
    let mut at_name = false;
    loop {
        let first = take(bytes, &mut at)?;
        if first == b'"' {
            at = string_end(bytes, at);
            if at_name {
                if take(bytes, &mut at)? != b':' {
                    return None;
                }
                at_name = false;
                continue;
            }
        } else if at_name {
            return None;
        } else if let b'{' | b'[' = first {
            open.push(first == b'{');
            // The closing brackets are two behind the opening ones.
            if take(bytes, &mut at)? != first + 2 {
                at -= 1;
                at_name = first == b'{';
                continue;
            }
            open.pop();
        } else {
            at = bare_end(bytes, at - 1, first);
        }
        // A value has ended, and with it perhaps what it stands in.
        loop {
            if open.count == 0 {
                return (at <= bytes.len()).then_some((at, open.most));
            }
            let next = take(bytes, &mut at)?;
            if next == b',' {
                at_name = open.in_object();
                break;
            }
            if next != if open.in_object() { b'}' } else { b']' } {
                return None;
            }
            open.pop();
        }
    }
}

/// Takes the next byte that is not white space.
// A call costs as much as a token does.
#[allow(clippy::inline_always)]
#[inline(always)]
fn take(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let next = *bytes.get(*at)?;
        *at += 1;
        if next > b' ' || !is_space(next) {
            return Some(next);
        }
    }
}

/// Returns the place after the string whose opening quote is before a place.
// A call costs as much as a string does.
#[allow(clippy::inline_always)]
#[inline(always)]
fn string_end(bytes: &[u8], at: usize) -> usize {
    let end = at + plain_len(&bytes[at..]);
    match bytes.get(end) {
        Some(b'"') => end + 1,
        _ => escaped_end(bytes, end),
    }
}

/// Returns the place after a string from its first escape on.
#[inline(never)]
fn escaped_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        // Where there is one escape there are more, with little between them.
        let few = bytes[at..]
            .iter()
            .take(FEW)
            .take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f));
        let few = few.count();
        at += few;
        if few == FEW {
            at += plain_len(&bytes[at..]);
        }
        match bytes.get(at..) {
            Some([b'"', ..]) => return at + 1,
            Some([b'\\', escape @ ..]) => match escape_len(escape) {
                Some(len) => at += 1 + len,
                None => return NOWHERE,
            },
            _ => return NOWHERE,
        }
    }
}

/// Returns how long an escape is without its backslash.
fn escape_len(escape: &[u8]) -> Option<usize> {
    match escape.split_first()? {
        (b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', _) => Some(1),
        (b'u', rest) => {
            let digits = rest.first_chunk::<4>()?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(5)
        }
        _ => None,
    }
}

/// Returns the place after a literal or a number, whose first byte is known.
fn bare_end(bytes: &[u8], at: usize, first: u8) -> usize {
    let literal = |text: &[u8]| {
        if bytes[at..].starts_with(text) {
            at + text.len()
        } else {
            NOWHERE
        }
    };
    match first {
        b'0'..=b'9' => number_end(bytes, at),
        b'-' => number_end(bytes, at + 1),
        b't' => literal(b"true"),
        b'f' => literal(b"false"),
        b'n' => literal(b"null"),
        _ => NOWHERE,
    }
}

/// Returns the place after a number without a sign.
fn number_end(bytes: &[u8], at: usize) -> usize {
    let end = digits_end(bytes, at);
    let leading_zero = bytes.get(at) == Some(&b'0') && end > at + 1;
    if end == at || leading_zero {
        return NOWHERE;
    }
    match bytes.get(end) {
        Some(b'.' | b'e' | b'E') => fraction_end(bytes, end),
        _ => end,
    }
}

/// Returns the place after a fraction and an exponent, of which at least one is there.
fn fraction_end(bytes: &[u8], mut at: usize) -> usize {
    if bytes[at] == b'.' {
        let digits = at + 1;
        at = digits_end(bytes, digits);
        if at == digits {
            return NOWHERE;
        }
    }
    let digits = match bytes[at..] {
        [b'e' | b'E', b'+' | b'-', ..] => at + 2,
        [b'e' | b'E', ..] => at + 1,
        _ => return at,
    };
    match digits_end(bytes, digits) {
        end if end == digits => NOWHERE,
        end => end,
    }
}

fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b'0'..=b'9') = bytes.get(at) {
        at += 1;
    }
    at
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
