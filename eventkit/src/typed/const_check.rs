//! Compile-time checks of strings that macros cannot see, such as constants.

/// Returns the event type that a constant contains.
///
/// # Panics
///
/// Panics at compile time if it is empty, is a pattern, or contains control characters.
#[must_use]
#[track_caller]
pub const fn event_type(text: &'static str) -> &'static str {
    assert!(
        !text.is_empty(),
        "the event type is empty: write a type such as \"com.example.order.placed\""
    );
    assert!(
        is_attribute_text(text),
        "the event type contains control characters or noncharacters: remove them"
    );
    assert!(
        !has_wildcard(text),
        "the event type of a struct cannot contain `*`: write a struct for each type and an enum of them, or handle `&Event` by the pattern and decode it with `event.data_as`"
    );
    text
}

const fn has_wildcard(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'*' {
            return true;
        }
        at += 1;
    }
    false
}

/// Returns whether a text has no control characters and noncharacters, as attribute values must.
pub(crate) const fn is_attribute_text(text: &str) -> bool {
    let mut rest = text.as_bytes();
    // No continuation byte matches one of these first bytes.
    while let [first, tail @ ..] = rest {
        match rest {
            // The C1 control characters.
            [0xc2, 0x80..=0x9f, ..]
            // U+FDD0 to U+FDEF, and the last two code points of each plane.
            | [0xef, 0xb7, 0x90..=0xaf, ..]
            | [0xef, 0xbf, 0xbe | 0xbf, ..]
            | [0xf0..=0xf4, 0x8f | 0x9f | 0xaf | 0xbf, 0xbf, 0xbe | 0xbf, ..] => return false,
            _ if first.is_ascii_control() => return false,
            _ => rest = tail,
        }
    }
    true
}

/// Returns whether a list contains a string.
pub(crate) const fn contains(texts: &[&str], wanted: &str) -> bool {
    let mut at = 0;
    while at < texts.len() {
        if equal(texts[at], wanted) {
            return true;
        }
        at += 1;
    }
    false
}

/// Compares strings, because `==` of strings is not `const`.
pub(super) const fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::name;

    #[test]
    fn the_compiler_accepts_every_value_that_an_attribute_may_hold() {
        for c in char::MIN..=char::MAX {
            let text = format!("a{c}b");
            let expected = name::is_attribute_text(&text);
            assert_eq!(is_attribute_text(&text), expected, "{:x}", u32::from(c));
        }
    }
}
