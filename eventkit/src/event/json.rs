//! Validation of JSON text (RFC 8259) that is kept unparsed: where values end, and how deep they
//! nest.

use smallvec::SmallVec;

/// A value that was skipped.
#[derive(Debug)]
pub(crate) struct Skipped {
    /// The position after the value.
    pub(crate) end: usize,
    /// The maximum number of arrays and objects that are open at once.
    pub(crate) depth: usize,
}

/// Skips the value at a position of a text, with white space before it. Returns `None` if it is
/// malformed.
///
/// Accepts what `serde_json` accepts for an ignored value. An escaped lone surrogate is valid JSON,
/// although no `String` can hold it.
pub(crate) fn skip(text: &str, mut at: usize) -> Option<Skipped> {
    let bytes = text.as_bytes();
    // The closing bracket of the innermost open array or object, and those of the ones around it.
    // Outside of all, it is 0.
    let mut innermost = 0;
    let mut outer: SmallVec<[u8; 64]> = SmallVec::new();
    let mut depth = 0;
    loop {
        at = space_end(bytes, at);
        match *bytes.get(at)? {
            b'"' => at = string_end(bytes, at + 1)?,
            bracket @ (b'{' | b'[') => {
                // In ASCII, `]` and `}` are two after `[` and `{`.
                let close = bracket + 2;
                outer.push(std::mem::replace(&mut innermost, close));
                depth = depth.max(outer.len());
                at = space_end(bytes, at + 1);
                if *bytes.get(at)? != close {
                    at = name_end(bytes, at, close)?;
                    continue;
                }
            }
            _ => at = scalar_end(bytes, at)?,
        }
        // A value ended here. It may be the last one of the enclosing arrays and objects.
        loop {
            let close = innermost;
            if close == 0 {
                return Some(Skipped { end: at, depth });
            }
            at = space_end(bytes, at);
            let next = *bytes.get(at)?;
            at += 1;
            if next == close {
                innermost = outer.pop().unwrap_or(0);
            } else if next == b',' {
                at = name_end(bytes, space_end(bytes, at), close)?;
                break;
            } else {
                return None;
            }
        }
    }
}

/// Returns whether a text is one JSON value, optionally surrounded by white space.
pub(crate) fn is_value(text: &str) -> bool {
    skip(text, 0).is_some_and(|skipped| is_blank(&text[skipped.end..]))
}

/// Describes the byte order mark at the start of the bytes, if there is one. JSON text must not
/// begin with one (RFC 8259, section 8.1).
pub(crate) fn byte_order_mark(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        Some("it begins with a byte order mark: remove it")
    } else if bytes.starts_with(b"\xfe\xff") || bytes.starts_with(b"\xff\xfe") {
        Some("it begins with a UTF-16 byte order mark: encode it as UTF-8")
    } else {
        None
    }
}

/// Returns a value without the white space around it.
pub(crate) fn trim(mut json: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = json
        && is_space(*first)
    {
        json = rest;
    }
    while let [rest @ .., last] = json
        && is_space(*last)
    {
        json = rest;
    }
    json
}

/// The depth at which objects are no longer sorted.
const MAX_SORTED_DEPTH: usize = 64;

/// Returns a JSON value with the members of its objects sorted by name.
///
/// Names and scalar values are copied unchanged.
pub(crate) fn sort_members(json: &str) -> String {
    let mut sorted = String::with_capacity(json.len());
    // Valid JSON is one value, which is written completely.
    if write_sorted(json, 0, 0, &mut sorted).is_none() {
        json.clone_into(&mut sorted);
    }
    sorted
}

/// Writes the value at a position, and returns the position after it. Returns `None` if it is
/// malformed.
fn write_sorted(json: &str, at: usize, depth: usize, sorted: &mut String) -> Option<usize> {
    let bytes = json.as_bytes();
    let at = space_end(bytes, at);
    let open = *bytes.get(at)?;
    if !matches!(open, b'{' | b'[') || depth == MAX_SORTED_DEPTH {
        let end = skip(json, at)?.end;
        sorted.push_str(&json[at..end]);
        return Some(end);
    }
    // In ASCII, `]` and `}` are two after `[` and `{`.
    let close = open + 2;
    // The members or elements. A member has its name and colon before its value.
    let mut members: Vec<(&str, String)> = Vec::new();
    let mut at = space_end(bytes, at + 1);
    while *bytes.get(at)? != close {
        let value_at = name_end(bytes, at, close)?;
        let mut value = String::new();
        let end = write_sorted(json, value_at, depth + 1, &mut value)?;
        members.push((&json[at..value_at], value));
        at = space_end(bytes, end);
        if *bytes.get(at)? == b',' {
            at = space_end(bytes, at + 1);
        }
    }
    // The sort is stable, so elements of arrays, whose names are empty, keep their order.
    members.sort_by_key(|(name, _)| *name);
    sorted.push(char::from(open));
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            sorted.push(',');
        }
        sorted.push_str(name);
        sorted.push_str(value);
    }
    sorted.push(char::from(close));
    Some(at + 1)
}

/// Returns whether a text is only white space.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

#[inline]
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// The bytes that end a run of literal characters in a string.
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

/// Returns the number of bytes before the first quote, backslash or control character.
#[inline]
pub(crate) fn unescaped_len(bytes: &[u8]) -> usize {
    let is_special = |byte: &u8| SPECIAL[usize::from(*byte)];
    let mut rest = bytes;
    // Compilers unroll the search within a block, because its length is constant.
    while let Some((block, after)) = rest.split_first_chunk::<8>() {
        if let Some(end) = block.iter().position(is_special) {
            return bytes.len() - rest.len() + end;
        }
        rest = after;
    }
    let end = rest.iter().position(is_special).unwrap_or(rest.len());
    bytes.len() - rest.len() + end
}

/// Returns the position after white space.
#[inline]
fn space_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).copied().is_some_and(is_space) {
        at += 1;
    }
    at
}

/// Returns the position after the name of a member and its colon. The elements of an array have
/// neither.
#[expect(
    clippy::inline_always,
    reason = "most names are so short that a call would cost more"
)]
#[inline(always)]
fn name_end(bytes: &[u8], at: usize, close: u8) -> Option<usize> {
    if close == b']' {
        return Some(at);
    }
    if *bytes.get(at)? != b'"' {
        return None;
    }
    let at = space_end(bytes, string_end(bytes, at + 1)?);
    (*bytes.get(at)? == b':').then_some(at + 1)
}

/// Returns the position after a string. `at` is the position after the opening quote.
#[expect(
    clippy::inline_always,
    reason = "most strings are so short that a call would cost more"
)]
#[inline(always)]
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

/// Returns the position after an escape. `at` is the position after the backslash.
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

/// Returns the position after a literal or a number. `at` is the position of its first byte.
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

/// Returns the position after one or more digits.
fn digits_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    (at > start).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_sorted_and_elements_are_not() {
        for (json, sorted) in [
            (
                r#"{"b":{"d":1,"c":[3,2]},"a":"}"}"#,
                r#"{"a":"}","b":{"c":[3,2],"d":1}}"#,
            ),
            (
                r#" [ {"b" : 1 , "a":2} , [], {} ] "#,
                r#"[{"a":2,"b" :1},[],{}]"#,
            ),
            (
                r#"{"a":1e400,"A":123456789012345678901}"#,
                r#"{"A":123456789012345678901,"a":1e400}"#,
            ),
            (r#""text""#, r#""text""#),
            ("{", "{"),
        ] {
            assert_eq!(sort_members(json), sorted);
        }
    }

    #[test]
    fn members_stay_in_their_order_at_a_great_depth() {
        let nested =
            |depth: usize, json: &str| format!("{}{json}{}", "[".repeat(depth), "]".repeat(depth));
        let (json, sorted) = (r#"{"b":1,"a":2}"#, r#"{"a":2,"b":1}"#);
        let deepest = MAX_SORTED_DEPTH - 1;
        assert_eq!(
            sort_members(&nested(deepest, json)),
            nested(deepest, sorted)
        );
        let deeper = nested(100_000, json);
        assert_eq!(sort_members(&deeper), deeper);
    }
}
