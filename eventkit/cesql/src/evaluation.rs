//! The results of evaluations: a value and errors.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use crate::value::Value;

/// The result of an evaluation: always a value, and additionally the errors.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluation<'a> {
    /// The value.
    pub value: Value<'a>,
    /// The errors, in the order of evaluation.
    pub errors: Vec<EvaluationError>,
}

impl Evaluation<'_> {
    /// Returns whether an event passes a filter with this result: there are no errors, and the
    /// value is `true` when cast to a Boolean.
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

/// The kind of an evaluation error (3.3).
///
/// [`EvaluationError::kind`] returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvaluationErrorKind {
    /// A division by zero, or a number that does not fit in 32 bits.
    Math,
    /// A value that cannot be cast to the required type.
    Cast,
    /// A missing attribute.
    MissingAttribute,
    /// A function that rejected its arguments.
    Function,
}

/// An error that occurred in an evaluation, with the subexpression that caused it.
///
/// ```
/// use eventkit_cesql::{Attributes, EvaluationErrorKind, Expression, Value};
///
/// struct NoAttributes;
///
/// impl Attributes for NoAttributes {
///     fn get(&self, _name: &str) -> Option<Value<'_>> {
///         None
///     }
/// }
///
/// let expression: Expression = "1 / 0 = 2".parse()?;
/// let evaluation = expression.evaluate(&NoAttributes);
/// assert_eq!(evaluation.errors[0].kind(), EvaluationErrorKind::Math);
/// assert_eq!(evaluation.errors[0].span(), 0..5);
/// # Ok::<(), eventkit_cesql::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationError {
    pub(crate) kind: EvaluationErrorKind,
    pub(crate) message: String,
    pub(crate) span: Range<usize>,
}

impl EvaluationError {
    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> EvaluationErrorKind {
        self.kind
    }

    /// Returns the position of the subexpression in the parsed text, in bytes.
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
