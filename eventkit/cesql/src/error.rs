//! Parse errors.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::ops::Range;

/// The kind of a parse error.
///
/// ```
/// use eventkit_cesql::{Expression, ParseErrorKind};
///
/// let error = Expression::parse("UPER(subject) = 'EU'").unwrap_err();
/// assert_eq!(error.kind(), ParseErrorKind::UnknownFunction);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The text violates the grammar.
    Syntax,
    /// A number does not fit in 32 bits.
    Number,
    /// The name of an attribute is illegal.
    AttributeName,
    /// There is no function with this name.
    UnknownFunction,
    /// The function does not take this number of arguments.
    Arity,
    /// The text exceeds the length or depth limit.
    Limit,
}

/// An error that occurred while parsing an expression: what was expected, what was found, and
/// where.
///
/// [`Display`](fmt::Display) writes one line; [`caret`](ParseError::caret) marks the position in
/// the text.
///
/// ```
/// use eventkit_cesql::Expression;
///
/// let error = "subject LIKE 'eu-%' AN priority > 3".parse::<Expression>().unwrap_err();
/// assert_eq!(error.to_string(), "expected an operator or the end of the expression, found `AN` (column 21)");
/// assert_eq!(error.caret().to_string(), "\
/// subject LIKE 'eu-%' AN priority > 3
///                     ^^");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(Box<Inner>);

// Boxed, since each level of the recursive parser has a result on the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    line: String,
    /// The zero-based column, in characters.
    column: usize,
    /// The number of characters to mark.
    width: usize,
    line_number: usize,
    span: Range<usize>,
    kind: ParseErrorKind,
    expected: Cow<'static, str>,
    found: String,
}

impl ParseError {
    pub(crate) fn new(
        text: &str,
        span: Range<usize>,
        kind: ParseErrorKind,
        expected: impl Into<Cow<'static, str>>,
        found: String,
    ) -> Self {
        let before = &text[..span.start];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = |from: usize, to: usize| text[from..to].lines().next().unwrap_or_default();
        Self(Box::new(Inner {
            line: line(start, text.len()).to_owned(),
            column: before[start..].chars().count(),
            width: line(span.start, span.end).chars().count().max(1),
            line_number: before.matches('\n').count() + 1,
            span,
            kind,
            expected: expected.into(),
            found,
        }))
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ParseErrorKind {
        self.0.kind
    }

    /// Returns the position of the error in the text, in bytes.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.0.span.clone()
    }

    /// Returns the one-based column, in characters.
    #[must_use]
    pub fn column(&self) -> usize {
        self.0.column + 1
    }

    /// Returns the one-based line number.
    #[must_use]
    pub fn line(&self) -> usize {
        self.0.line_number
    }

    /// Returns what was expected.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.0.expected
    }

    /// Returns what was found instead.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.0.found
    }

    /// Returns the message, without the position.
    #[must_use]
    pub fn message(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| write!(f, "expected {}, found {}", self.0.expected, self.0.found))
    }

    /// Returns the line of the error, with carets below the error.
    #[must_use]
    pub fn caret(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| {
            // Tabs are kept, so that the carets are aligned.
            let indent: String = self
                .0
                .line
                .chars()
                .take(self.0.column)
                .map(|c| if c == '\t' { c } else { ' ' })
                .collect();
            write!(f, "{}\n{indent}{}", self.0.line, "^".repeat(self.0.width))
        })
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", self.message())?;
        if self.0.line_number > 1 {
            write!(f, "line {}, ", self.0.line_number)?;
        }
        write!(f, "column {})", self.column())
    }
}

impl Error for ParseError {}
