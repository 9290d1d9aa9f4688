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
    /// Letters, digits and `_`: the name of an attribute or a function.
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

/// The reserved words, which cannot be attribute names.
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

/// The symbols; a symbol that is a prefix of another one comes after it.
pub(crate) const SYMBOLS: [(&str, Token<'_>); 15] = [
    ("!=", Token::Operator(Binary::NotEqual)),
    ("<>", Token::Operator(Binary::Diamond)),
    ("<=", Token::Operator(Binary::LessOrEqual)),
    (">=", Token::Operator(Binary::GreaterOrEqual)),
    ("<", Token::Operator(Binary::Less)),
    (">", Token::Operator(Binary::Greater)),
    ("=", Token::Operator(Binary::Equal)),
    ("*", Token::Operator(Binary::Multiply)),
    ("/", Token::Operator(Binary::Divide)),
    ("%", Token::Operator(Binary::Remainder)),
    ("+", Token::Operator(Binary::Add)),
    ("-", Token::Operator(Binary::Subtract)),
    ("(", Token::Open),
    (")", Token::Close),
    (",", Token::Comma),
];

impl Token<'_> {
    /// Returns the keyword for a word, ignoring case.
    pub(crate) fn keyword(word: &str) -> Option<Self> {
        let mut keywords = KEYWORDS.iter();
        let found = keywords.find(|(own, _)| own.eq_ignore_ascii_case(word));
        found.map(|(_, token)| *token)
    }
}

/// A token with its position in bytes.
#[derive(Debug, Clone)]
pub(crate) struct Spanned<'t> {
    pub(crate) token: Token<'t>,
    pub(crate) span: Range<usize>,
}

impl fmt::Display for Token<'_> {
    /// Writes the token as it appears in error messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) | Self::Digits(text) => write!(f, "`{text}`"),
            Self::Text(text) => write!(f, "the string {text}"),
            Self::End => f.write_str("the end"),
            token => {
                let mut spellings = KEYWORDS.iter().chain(&SYMBOLS);
                let found = spellings.find(|(_, own)| own == token);
                write!(f, "`{}`", found.map_or("", |(spelling, _)| spelling))
            }
        }
    }
}
