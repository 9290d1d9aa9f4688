//! The lexer, which converts text to tokens.

use crate::error::{ParseError, ParseErrorKind};
use crate::token::{SYMBOLS, Spanned, Token};

/// A reader of tokens, similar to an iterator.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(crate) fn next(&mut self) -> Result<Spanned<'t>, ParseError> {
        let rest = &self.text[self.at..];
        let rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.at = self.text.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            return Ok(self.take(0, Token::End));
        };
        match first {
            '\'' | '"' => self.string(rest, first),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => Ok(self.word(rest)),
            _ => self.symbol(rest),
        }
    }

    fn take(&mut self, len: usize, token: Token<'t>) -> Spanned<'t> {
        let span = self.at..self.at + len;
        self.at = span.end;
        Spanned { token, span }
    }

    fn word(&mut self, rest: &'t str) -> Spanned<'t> {
        let len = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .count();
        let word = &rest[..len];
        let token = match Token::keyword(word) {
            Some(keyword) => keyword,
            None if word.bytes().all(|b| b.is_ascii_digit()) => Token::Digits(word),
            None => Token::Word(word),
        };
        self.take(len, token)
    }

    /// Reads a string up to its delimiter; `\` skips the next character.
    fn string(&mut self, rest: &'t str, delimiter: char) -> Result<Spanned<'t>, ParseError> {
        let mut chars = rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == '\\' {
                chars.next();
            } else if c == delimiter {
                let len = at + 1;
                return Ok(self.take(len, Token::Text(&rest[..len])));
            }
        }
        Err(ParseError::new(
            self.text,
            self.at..self.text.len(),
            ParseErrorKind::Syntax,
            format!("a `{delimiter}` that ends the string"),
            Token::End.to_string(),
        ))
    }

    fn symbol(&mut self, rest: &'t str) -> Result<Spanned<'t>, ParseError> {
        // The `=` of `==` would be mistaken for an operator without its right operand.
        if rest.starts_with("==") {
            return Err(self.wrong("==", "`=`"));
        }
        if let Some((symbol, token)) = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
            return Ok(self.take(symbol.len(), *token));
        }
        let found = rest.chars().next().unwrap_or_default();
        let hint = match found {
            '&' => "`AND`",
            '|' => "`OR`",
            '!' => "`NOT`, `!=` or `<>`",
            _ => "an attribute, a literal, an operator or a parenthesis",
        };
        Err(self.wrong(&rest[..found.len_utf8()], hint))
    }

    /// Returns the error for text that is not a token.
    fn wrong(&self, found: &str, hint: &'static str) -> ParseError {
        ParseError::new(
            self.text,
            self.at..self.at + found.len(),
            ParseErrorKind::Syntax,
            hint,
            format!("`{}`", found.escape_debug()),
        )
    }
}
