//! Conversion of event types to tokens of subjects, and of patterns to tokens of filters.
//!
//! Each segment of a type becomes one token of the subject. Characters that are illegal in a token
//! are percent-encoded, and an empty segment becomes `%`, so that no two types share a subject.

use std::borrow::Cow;
use std::iter;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// White space, wildcards and the escape character; characters outside of ASCII are always encoded.
pub(crate) const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'*').add(b'>');

/// The token of an empty segment.
const EMPTY_SEGMENT: &str = "%";

/// Returns the subject of an event type below a prefix.
pub(crate) fn subject(prefix: &str, ty: &str) -> String {
    let mut subject = String::with_capacity(prefix.len() + 1 + ty.len());
    subject.push_str(prefix);
    subject.push('.');
    push_type(&mut subject, ty);
    subject
}

/// Appends the tokens of an event type.
pub(crate) fn push_type(subject: &mut String, ty: &str) {
    push_segments(subject, ty, |subject, segment, _| {
        subject.extend(utf8_percent_encode(segment, ENCODED));
    });
}

/// Appends tokens that select all types of a pattern, and possibly more: a NATS wildcard also
/// matches the token of an empty segment.
pub(crate) fn push_filter(filter: &mut String, pattern: &str) {
    push_segments(filter, pattern, |filter, segment, is_last| {
        match (segment, is_last) {
            ("*", true) => filter.push('>'),
            ("*", false) => filter.push('*'),
            _ => filter.extend(utf8_percent_encode(segment, ENCODED)),
        }
    });
}

fn push_segments(subject: &mut String, ty: &str, push: impl Fn(&mut String, &str, bool)) {
    let mut segments = ty.split('.').peekable();
    while let Some(segment) = segments.next() {
        if segment.is_empty() {
            subject.push_str(EMPTY_SEGMENT);
        } else {
            push(subject, segment, segments.peek().is_none());
        }
        if segments.peek().is_some() {
            subject.push('.');
        }
    }
}

/// Returns the event type that is encoded in tokens.
pub(crate) fn decode_type(tokens: &str) -> Cow<'_, str> {
    if !tokens.contains('%') {
        return Cow::Borrowed(tokens);
    }
    let segments = tokens.split('.').map(|segment| match segment {
        EMPTY_SEGMENT => Cow::Borrowed(""),
        // Other publishers may use any subject; a subject that is not UTF-8 matches no
        // subscription.
        _ => percent_decode_str(segment).decode_utf8_lossy(),
    });
    Cow::Owned(segments.collect::<Vec<_>>().join("."))
}

/// Returns whether a name can be a token of a subject: ASCII letters, digits, `-` and `_`.
pub(crate) fn is_token(name: &str) -> bool {
    let mut bytes = name.bytes();
    !name.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The filters of one subscription; no filter covers another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filters(Vec<String>);

impl Filters {
    pub(crate) fn new(mut all: Vec<String>) -> Self {
        all.sort_unstable();
        all.dedup();
        let is_covered = |own: &String| all.iter().any(|wide| wide != own && covers(wide, own));
        let narrow = all.iter().filter(|own| !is_covered(own)).cloned();
        Self(narrow.collect())
    }

    pub(crate) fn into_vec(self) -> Vec<String> {
        self.0
    }

    /// Restores filters from the result of [`as_slice`](Self::as_slice).
    pub(crate) fn of_subjects(filters: Vec<String>) -> Self {
        Self(filters)
    }

    pub(crate) fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Returns whether no subject matches two filters, which servers require.
    pub(crate) fn are_disjoint(&self) -> bool {
        let mut filters = self.0.iter().enumerate();
        filters.all(|(at, one)| !self.0[at + 1..].iter().any(|other| overlap(one, other)))
    }

    /// Returns one filter that covers all of them.
    pub(crate) fn covering(&self) -> String {
        let Some((first, rest)) = self.0.split_first() else {
            return ">".to_owned();
        };
        if rest.is_empty() {
            return first.clone();
        }
        // `>` matches at least one token, so the last token of the shortest filter is left to it.
        let lengths = self.0.iter().map(|filter| filter.split('.').count());
        let max_common = lengths.min().unwrap_or_default().saturating_sub(1);
        let common = first
            .split('.')
            .enumerate()
            .take(max_common)
            .take_while(|(at, token)| {
                rest.iter()
                    .all(|other| other.split('.').nth(*at) == Some(token))
            });
        let tokens: Vec<&str> = common
            .map(|(_, token)| token)
            .chain(iter::once(">"))
            .collect();
        tokens.join(".")
    }
}

/// Returns whether one of the filters matches every subject that `narrow` matches.
pub(crate) fn any_covers(filters: &[String], narrow: &str) -> bool {
    filters.iter().any(|filter| covers(filter, narrow))
}

/// Returns whether the filter `wide` matches every subject that `narrow` matches.
pub(crate) fn covers(wide: &str, narrow: &str) -> bool {
    let (mut wide, mut narrow) = (wide.split('.'), narrow.split('.'));
    loop {
        match (wide.next(), narrow.next()) {
            (None, None) | (Some(">"), Some(_)) => return true,
            (Some("*"), Some(token)) if token != ">" => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

/// Returns whether a text is a filter: tokens without white space, where a wildcard is a whole
/// token and `>` is only the last one.
pub(crate) fn is_filter(text: &str) -> bool {
    let mut tokens = text.split('.').peekable();
    while let Some(token) = tokens.next() {
        let is_last = tokens.peek().is_none();
        let is_valid = match token {
            "" => false,
            "*" => true,
            ">" => is_last,
            _ => is_text_token(token),
        };
        if !is_valid {
            return false;
        }
    }
    true
}

/// Returns whether a message can be published to a subject: tokens without white space or
/// wildcards.
pub(crate) fn is_subject(text: &str) -> bool {
    let mut tokens = text.split('.');
    tokens.all(|token| !token.is_empty() && is_text_token(token))
}

fn is_text_token(token: &str) -> bool {
    !token.contains(|c: char| c == '*' || c == '>' || c.is_whitespace() || c.is_control())
}

/// Returns whether any subject matches both filters.
fn overlap(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        match (one.next(), other.next()) {
            (None, None) | (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
            (Some(a), Some(b)) if a == b || a == "*" || b == "*" => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::template::Template;

    fn filters(patterns: &[&str]) -> Filters {
        let template = Template::of_prefix("e");
        let filters = patterns.iter().map(|pattern| template.filter(pattern));
        Filters::new(filters.collect())
    }

    #[test]
    fn a_type_and_its_subject_are_one_to_one() {
        let types = [
            "a", "a.b", "", ".", "..", "a.", ".a", "a..b", "*", ">", "a.*", "a.>", "%", "%2A",
            "a b", "a\tb", "é", "a%", "%25", "x.%.y", "x..y", "A",
        ];
        let mut subjects: Vec<String> = types.iter().map(|ty| subject("e.f", ty)).collect();
        for (ty, subject) in types.iter().zip(&subjects) {
            assert_eq!(decode_type(&subject["e.f.".len()..]), *ty);
            let mut tokens = subject.split('.');
            assert!(
                tokens.all(|token| !["", "*", ">"].contains(&token)),
                "{subject}"
            );
            assert!(
                subject.bytes().all(|byte| byte.is_ascii_graphic()),
                "{subject}"
            );
        }
        subjects.sort_unstable();
        subjects.dedup();
        assert_eq!(subjects.len(), types.len());
    }

    #[test]
    fn filters_that_another_covers_are_left_out() {
        assert_eq!(filters(&["a.b", "a.*", "a.b.c", "a.b"]).0, ["e.a.>"]);
        assert_eq!(filters(&["*", "b"]).0, ["e.>"]);
        assert_eq!(filters(&["a.*.c", "a.b.c", "b"]).0, ["e.a.*.c", "e.b"]);
    }

    #[test]
    fn filters_are_disjoint_where_no_subject_fits_two() {
        assert!(filters(&["a", "b", "a.b"]).are_disjoint());
        assert!(filters(&["a.*.c", "a.b.d"]).are_disjoint());
        assert!(!filters(&["a.*.c", "a.b.*"]).are_disjoint());
        assert!(!filters(&["*.b.c", "a.*.c"]).are_disjoint());
    }

    #[test]
    fn one_filter_covers_all() {
        assert_eq!(filters(&["a.b"]).covering(), "e.a.b");
        assert_eq!(filters(&["a.b", "a.c"]).covering(), "e.a.>");
        assert_eq!(filters(&["a.b", "b"]).covering(), "e.>");
        assert_eq!(filters(&["a.*.c", "a.b.*"]).covering(), "e.a.>");
        assert_eq!(filters(&["a", "a.b"]).covering(), "e.>");
    }

    #[test]
    fn a_covering_filter_covers_each() {
        for patterns in [
            &["a", "a.b"][..],
            &["a.b.c", "a.b"],
            &["a.*.c", "a.b.*"],
            &["a", "b.c.d"],
        ] {
            let filters = filters(patterns);
            let covering = filters.covering();
            for filter in filters.as_slice() {
                assert!(covers(&covering, filter), "{covering} {filter}");
            }
        }
    }

    #[test]
    fn subjects_and_filters_have_whole_tokens() {
        for text in ["a", "a.b", "a.*.c", "a.>", "*", ">", "é.$KV.x"] {
            assert!(is_filter(text), "{text}");
        }
        for text in [
            "", ".", "a.", ".a", "a..b", "a.>.b", "a*", "a.b>", "a b", "a\tb", "a\u{0}",
        ] {
            assert!(!is_filter(text) && !is_subject(text), "{text}");
        }
        assert!(is_subject("a.b-c.é") && !is_subject("a.*") && !is_subject("a.>"));
    }
}
