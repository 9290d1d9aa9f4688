//! Patterns of `LIKE` (3.4.3).

use std::str::Chars;

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Box<[Piece]>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// This character.
    Char(char),
    /// `_`: exactly one character.
    One,
    /// `%`: any number of characters.
    Any,
}

impl Pattern {
    pub(crate) fn new(pattern: &str) -> Self {
        let mut pieces = Vec::new();
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                '%' => Piece::Any,
                '_' => Piece::One,
                '\\' => Piece::Char(chars.next_if(|next| matches!(next, '%' | '_')).unwrap_or(c)),
                c => Piece::Char(c),
            });
        }
        Self(pieces.into())
    }

    /// Returns whether the pattern matches the whole text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let (mut pieces, mut rest) = (&*self.0, text.chars());
        // The pieces after the last `%`, and the text from which they are tried: if they do not
        // match, the `%` consumes one more character. Earlier `%` need no backtracking.
        let mut retry: Option<(&[Piece], Chars<'_>)> = None;
        loop {
            if let [Piece::Any, after @ ..] = pieces {
                if after.is_empty() {
                    return true;
                }
                retry = Some((after, rest.clone()));
                pieces = after;
                continue;
            }
            pieces = match (pieces, rest.next()) {
                ([], None) => return true,
                ([Piece::One, after @ ..], Some(_)) => after,
                ([Piece::Char(own), after @ ..], Some(c)) if *own == c => after,
                _ => {
                    let Some((after, from)) = &mut retry else {
                        return false;
                    };
                    if from.next().is_none() {
                        return false;
                    }
                    rest = from.clone();
                    after
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    /// Matches character by character, literally as in the specification.
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
    fn a_pattern_full_of_wildcards_takes_no_time() {
        let pattern = Pattern::new(&format!("{}b", "%a".repeat(500)));
        assert!(!pattern.matches(&"a".repeat(10_000)));
    }
}
