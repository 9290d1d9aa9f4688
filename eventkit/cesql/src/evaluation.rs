//! What an evaluation comes to: a value and errors.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use crate::value::Value;

/// Is the result of an evaluation: always a value, and beside it everything that went wrong.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluation<'a> {
    /// The value.
    pub value: Value<'a>,
    /// The errors, in the order in which they arose.
    pub errors: Vec<EvaluationError>,
}

impl Evaluation<'_> {
    /// Returns whether an event passes a filter with this result: where the value, as a Boolean, is
    /// true and there are no errors.
    ///
    /// ```
    /// # use eventkit_cesql::{Attributes, Expression, Value};
    /// # struct Nothing;
    /// # impl Attributes for Nothing {
    /// #     fn get(&self, _: &str) -> Option<Value<'_>> { None }
    /// # }
    /// assert!(Expression::parse("2 > 1")?.evaluate(&Nothing).passes());
    /// assert!(!Expression::parse("2 > 1 / 0")?.evaluate(&Nothing).passes());
    /// # Ok::<(), eventkit_cesql::ParseError>(())
    /// ```
    #[must_use]
    pub fn passes(&self) -> bool {
        self.errors.is_empty() && self.value.to_boolean() == Some(true)
    }
}

/// Says what kind of error an evaluation met (3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvaluationErrorKind {
    /// A division by zero, or a number beyond 32 bits.
    Math,
    /// A value that is not of the type that was needed.
    Cast,
    /// An attribute that the event does not have.
    MissingAttribute,
    /// A function that could not do with its arguments.
    Function,
}

/// Is one error of an evaluation, with the part of the expression in which it arose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationError {
    pub(crate) kind: EvaluationErrorKind,
    pub(crate) message: String,
    pub(crate) span: Range<usize>,
}

impl EvaluationError {
    /// Returns what kind of error it is.
    #[must_use]
    pub fn kind(&self) -> EvaluationErrorKind {
        self.kind
    }

    /// Returns the place of the part, in bytes of the text that was parsed.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for EvaluationError {}
