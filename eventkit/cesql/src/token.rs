//! Tokens of an expression.

use std::fmt;
use std::ops::Range;

use crate::operator::Binary;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    Not,
    Like,
    In,
    Exists,
    Boolean(bool),
    /// Letters, digits and `_`: an attribute or a function.
    Word(&'t str),
    /// Digits without a sign.
    Digits(&'t str),
    /// A string with its delimiters.
    Text(&'t str),
    Operator(Binary),
    Open,
    Close,
    Comma,
    End,
}

/// The reserved words, which cannot be the names of attributes.
const KEYWORDS: [(&str, Token<'_>); 9] = [
    ("AND", Token::Operator(Binary::And)),
    ("OR", Token::Operator(Binary::Or)),
    ("XOR", Token::Operator(Binary::Xor)),
    ("NOT", Token::Not),
    ("LIKE", Token::Like),
    ("IN", Token::In),
    ("EXISTS", Token::Exists),
    ("TRUE", Token::Boolean(true)),
    ("FALSE", Token::Boolean(false)),
];

impl Token<'_> {
    /// Returns the keyword that a word is, ignoring case.
    pub(crate) fn keyword(word: &str) -> Option<Self> {
        let mut keywords = KEYWORDS.iter();
        let found = keywords.find(|(own, _)| own.eq_ignore_ascii_case(word));
        found.map(|(_, token)| *token)
    }
}

/// A token with its position, in bytes.
#[derive(Debug, Clone)]
pub(crate) struct Spanned<'t> {
    pub(crate) token: Token<'t>,
    pub(crate) span: Range<usize>,
}

impl fmt::Display for Token<'_> {
    /// Writes the token as error messages show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Not => f.write_str("`NOT`"),
            Self::Like => f.write_str("`LIKE`"),
            Self::In => f.write_str("`IN`"),
            Self::Exists => f.write_str("`EXISTS`"),
            Self::Boolean(true) => f.write_str("`TRUE`"),
            Self::Boolean(false) => f.write_str("`FALSE`"),
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
