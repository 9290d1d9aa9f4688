//! Patterns of `LIKE` (3.4.3).

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Box<[Piece]>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// These characters, which are searched for as a substring.
    Text(Box<str>),
    /// `_`: exactly one character.
    One,
    /// `%`: any number of characters.
    Any,
}

impl Pattern {
    pub(crate) fn new(pattern: &str) -> Self {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            let wildcard = match c {
                '\\' => {
                    text.push(chars.next_if(|next| matches!(next, '%' | '_')).unwrap_or(c));
                    continue;
                }
                '%' => Piece::Any,
                '_' => Piece::One,
                c => {
                    text.push(c);
                    continue;
                }
            };
            push_text(&mut pieces, &mut text);
            // Two adjacent `%` are equivalent to one.
            if wildcard == Piece::One || pieces.last() != Some(&Piece::Any) {
                pieces.push(wildcard);
            }
        }
        push_text(&mut pieces, &mut text);
        Self(pieces.into())
    }

    /// Returns whether the pattern matches the whole text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let pieces = &self.0;
        let (mut at, mut rest) = (0, text);
        // The piece after the last `%`, and the text at which it is tried: if the pieces do not
        // match, the `%` consumes one more character. Earlier `%` need no backtracking.
        let mut retry: Option<(usize, &str)> = None;
        loop {
            let fits = match pieces.get(at) {
                Some(Piece::Any) if at + 1 == pieces.len() => return true,
                Some(Piece::Any) => {
                    retry = Some((at + 1, rest));
                    Some(rest)
                }
                Some(Piece::One) => rest.chars().next().map(|c| &rest[c.len_utf8()..]),
                Some(Piece::Text(own)) => rest.strip_prefix(&**own),
                None if rest.is_empty() => return true,
                None => None,
            };
            if let Some(after) = fits {
                (at, rest) = (at + 1, after);
                continue;
            }
            let Some((behind, from)) = retry else {
                return false;
            };
            let Some(from) = self.next_start(behind, from) else {
                return false;
            };
            retry = Some((behind, from));
            (at, rest) = (behind, from);
        }
    }

    /// Returns the next position after the start of `from` at which the piece can match.
    ///
    /// Substrings are searched for instead of being tried at each character, so that long patterns
    /// and values take linear time.
    fn next_start<'t>(&self, piece: usize, from: &'t str) -> Option<&'t str> {
        let first = from.chars().next()?;
        let from = &from[first.len_utf8()..];
        match &self.0[piece] {
            Piece::Text(own) if piece + 1 == self.0.len() => {
                let start = from.len().checked_sub(own.len())?;
                from.is_char_boundary(start).then(|| &from[start..])
            }
            Piece::Text(own) => from.find(&**own).map(|start| &from[start..]),
            _ => Some(from),
        }
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &mut String) {
    if !text.is_empty() {
        pieces.push(Piece::Text(std::mem::take(text).into()));
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    /// Matches character by character, literally following the specification.
    fn reference(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['\\', c @ ('%' | '_'), rest @ ..] => {
                text.first() == Some(c) && reference(rest, &text[1..])
            }
            ['%', rest @ ..] => (0..=text.len()).any(|at| reference(rest, &text[at..])),
            ['_', rest @ ..] => !text.is_empty() && reference(rest, &text[1..]),
            [c, rest @ ..] => text.first() == Some(c) && reference(rest, &text[1..]),
        }
    }

    proptest::proptest! {
        #[test]
        fn patterns_match_what_the_reference_matches(pattern in "[ab%_\\\\é]{0,8}", text in "[ab%_\\\\é]{0,10}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let expected = reference(&chars(&pattern), &chars(&text));
            proptest::prop_assert_eq!(Pattern::new(&pattern).matches(&text), expected);
        }
    }

    #[test]
    fn a_pattern_full_of_wildcards_is_matched_quickly() {
        let pattern = Pattern::new(&format!("{}b", "%a".repeat(500)));
        assert!(!pattern.matches(&"a".repeat(10_000)));
    }
}
