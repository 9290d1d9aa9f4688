//! Tokens of an expression.

use std::fmt;
use std::ops::Range;

use crate::operator::Binary;

/// Reserved word, which cannot be the name of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyword {
    And,
    Or,
    Xor,
    Not,
    Like,
    In,
    Exists,
    True,
    False,
}

const KEYWORDS: [(&str, Keyword); 9] = [
    ("AND", Keyword::And),
    ("OR", Keyword::Or),
    ("XOR", Keyword::Xor),
    ("NOT", Keyword::Not),
    ("LIKE", Keyword::Like),
    ("IN", Keyword::In),
    ("EXISTS", Keyword::Exists),
    ("TRUE", Keyword::True),
    ("FALSE", Keyword::False),
];

impl Keyword {
    /// Returns the keyword that a word is, ignoring case.
    pub(crate) fn find(word: &str) -> Option<Self> {
        let found = KEYWORDS
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(word));
        found.map(|(_, keyword)| *keyword)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    Keyword(Keyword),
    /// Letters, digits and `_`: an attribute or a function.
    Word(&'t str),
    /// Digits without a sign.
    Digits(&'t str),
    /// A string with its delimiters.
    Text(&'t str),
    /// An operator that is not a keyword.
    Operator(Binary),
    Open,
    Close,
    Comma,
    End,
}

/// Token with its position, in bytes.
#[derive(Debug, Clone)]
pub(crate) struct Spanned<'t> {
    pub(crate) token: Token<'t>,
    pub(crate) span: Range<usize>,
}

impl fmt::Display for Token<'_> {
    /// Writes the token as error messages show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyword(keyword) => {
                let word = KEYWORDS
                    .iter()
                    .find(|(_, own)| own == keyword)
                    .map_or("", |(word, _)| word);
                write!(f, "`{word}`")
            }
            Self::Word(text) | Self::Digits(text) => write!(f, "`{text}`"),
            Self::Text(text) => write!(f, "the string {text}"),
            Self::Operator(operator) => write!(f, "`{operator}`"),
            Self::Open => f.write_str("`(`"),
            Self::Close => f.write_str("`)`"),
            Self::Comma => f.write_str("`,`"),
            Self::End => f.write_str("the end"),
        }
    }
}
