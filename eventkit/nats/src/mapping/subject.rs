//! Conversion of event types to subjects, and of patterns to filters.
//!
//! Each segment of a type is one token of the subject. Characters that are illegal in a token are
//! percent-encoded, and an empty segment is `%`, so that no two types share a subject.

use std::borrow::Cow;
use std::iter;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// White space, wildcards, and the escape character; characters beyond ASCII are always encoded.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'*').add(b'>');

/// The token of an empty segment.
const EMPTY_SEGMENT: &str = "%";

/// Returns the subject of an event type.
pub(crate) fn subject(prefix: &str, ty: &str) -> String {
    join(prefix, ty, |subject, segment, _| {
        subject.extend(utf8_percent_encode(segment, ENCODED));
    })
}

/// Returns the filter that selects all types of a pattern, and possibly more: a wildcard of NATS
/// also matches the token of an empty segment.
fn filter(prefix: &str, pattern: &str) -> String {
    join(prefix, pattern, |filter, segment, is_last| {
        match (segment, is_last) {
            ("*", true) => filter.push('>'),
            ("*", false) => filter.push('*'),
            _ => filter.extend(utf8_percent_encode(segment, ENCODED)),
        }
    })
}

fn join(prefix: &str, ty: &str, push: impl Fn(&mut String, &str, bool)) -> String {
    let mut subject = String::with_capacity(prefix.len() + 1 + ty.len());
    subject.push_str(prefix);
    let mut segments = ty.split('.').peekable();
    while let Some(segment) = segments.next() {
        subject.push('.');
        if segment.is_empty() {
            subject.push_str(EMPTY_SEGMENT);
        } else {
            push(&mut subject, segment, segments.peek().is_none());
        }
    }
    subject
}

/// Returns the event type of a subject with the prefix.
pub(crate) fn event_type<'a>(prefix: &str, subject: &'a str) -> Option<Cow<'a, str>> {
    let ty = subject.strip_prefix(prefix)?.strip_prefix('.')?;
    if !ty.contains('%') {
        return Some(Cow::Borrowed(ty));
    }
    let segments = ty.split('.').map(|segment| match segment {
        EMPTY_SEGMENT => Cow::Borrowed(""),
        // Other publishers may use any subject; one that is not UTF-8 matches no subscription.
        _ => percent_decode_str(segment).decode_utf8_lossy(),
    });
    Some(Cow::Owned(segments.collect::<Vec<_>>().join(".")))
}

/// Returns whether a name can be a token of a subject: ASCII letters, digits, `-` and `_`.
pub(crate) fn is_token(name: &str) -> bool {
    let mut bytes = name.bytes();
    !name.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The filters of one subscription; none of them covers another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filters(Vec<String>);

impl Filters {
    pub(crate) fn new(prefix: &str, patterns: &[String]) -> Self {
        let mut all: Vec<String> = patterns
            .iter()
            .map(|pattern| filter(prefix, pattern))
            .collect();
        all.sort_unstable();
        all.dedup();
        let is_covered = |own: &String| all.iter().any(|wide| wide != own && covers(wide, own));
        let narrow = all.iter().filter(|own| !is_covered(own)).cloned();
        Self(narrow.collect())
    }

    /// Restores the filters of [`as_slice`](Self::as_slice).
    pub(crate) fn of_subjects(filters: Vec<String>) -> Self {
        Self(filters)
    }

    pub(crate) fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Returns whether no subject matches two filters, as a server that takes several requires.
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
        // `>` matches at least one token, so the last one of the shortest filter is left to it.
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

/// Returns whether a subject exists that both filters match.
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
    use eventkit::pattern;

    fn filters(patterns: &[&str]) -> Filters {
        let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
        Filters::new("e", &patterns)
    }

    #[test]
    fn a_type_and_its_subject_are_one_to_one() {
        let types = [
            "a", "a.b", "", ".", "..", "a.", ".a", "a..b", "*", ">", "a.*", "a.>", "%", "%2A",
            "a b", "a\tb", "é", "a%", "%25", "x.%.y", "x..y", "A",
        ];
        let mut subjects: Vec<String> = types.iter().map(|ty| subject("e.f", ty)).collect();
        for (ty, subject) in types.iter().zip(&subjects) {
            assert_eq!(event_type("e.f", subject).as_deref(), Some(*ty));
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
        assert_eq!(event_type("e.f", "e.fg"), None);
    }

    #[test]
    fn a_filter_lets_through_all_that_its_pattern_stands_for() {
        let types = [
            "a", "a.b", "a.b.c", "a.x.c", "a..c", "a.", "b", "a b", "a b.c", "é.é",
        ];
        for pattern in [
            "*", "a", "a.*", "a.*.c", "*.b", "*.*", "a b", "a b.*", "é.*",
        ] {
            let filter = filter("e", pattern);
            for ty in types {
                let passes = covers(&filter, &subject("e", ty));
                assert!(passes || !pattern::matches(pattern, ty), "{pattern} {ty}");
            }
        }
        assert_eq!(filter("e", "a.*"), "e.a.>");
        assert_eq!(filter("e", "a.*.c"), "e.a.*.c");
        assert_eq!(filter("e", "*"), "e.>");
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
}
