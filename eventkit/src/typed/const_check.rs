//! Checks of texts that are known when the compiler runs, but not to the macros.

/// Returns an event type that a constant gives.
///
/// # Panics
///
/// Panics, while the compiler runs, if it is empty, is a pattern, or has control characters.
#[must_use]
#[track_caller]
pub const fn event_type(text: &'static str) -> &'static str {
    assert!(
        !text.is_empty(),
        "the event type is empty: give a name such as \"com.example.order.placed\""
    );
    assert!(
        is_attribute_text(text),
        "the event type has control characters or noncharacters: take them out"
    );
    assert!(
        !has_wildcard(text),
        "a struct is one event type, and `*` stands for many: write a struct for each type and an enum of them, or handle `&Event` by the pattern and read it with `event.data_as`"
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

/// Returns whether a text has no control characters and noncharacters, as the value of an attribute.
pub(crate) const fn is_attribute_text(text: &str) -> bool {
    let mut rest = text.as_bytes();
    // No byte within a character starts one.
    while let [first, tail @ ..] = rest {
        match rest {
            // The controls of C1.
            [0xc2, 0x80..=0x9f, ..]
            // U+FDD0 to U+FDEF, and the last two of each plane.
            | [0xef, 0xb7, 0x90..=0xaf, ..]
            | [0xef, 0xbf, 0xbe | 0xbf, ..]
            | [0xf0..=0xf4, 0x8f | 0x9f | 0xaf | 0xbf, 0xbf, 0xbe | 0xbf, ..] => return false,
            _ if first.is_ascii_control() => return false,
            _ => rest = tail,
        }
    }
    true
}

/// Returns whether one of the texts is the wanted one.
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

/// `==` of strings is no `const fn`.
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
    fn the_compiler_accepts_what_an_attribute_may_hold() {
        for c in char::MIN..=char::MAX {
            let text = format!("a{c}b");
            let expected = name::is_attribute_text(&text);
            assert_eq!(is_attribute_text(&text), expected, "{:x}", u32::from(c));
        }
    }
}
