//! Why a filter cannot be made, or comes to nothing.

use std::fmt;

use eventkit_cesql::{EvaluationError, ParseError};
use thiserror::Error;

/// The error of a filter that is not valid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FilterParseError {
    /// An expression is not of the language.
    #[error("{}\n{}", .0, .0.caret())]
    Expression(#[from] ParseError),
    /// The dialect `exact`, `prefix` or `suffix` names no attribute, or `all` or `any` no filter.
    #[error("`{0}` is empty, expected at least one element")]
    Empty(&'static str),
    /// No attribute can have the name.
    #[error("{0:?} is not the name of an attribute, expected lower-case letters and digits")]
    Name(String),
    /// The text for an attribute is empty.
    #[error("the text for `{0}` is empty")]
    Text(String),
    /// An attribute is named twice.
    #[error("`{0}` occurs twice")]
    Duplicate(String),
    /// Filters stand too deep in one another.
    #[error("filters are nested more than {} deep", super::MAX_NESTING)]
    Nesting,
}

/// The error of a filter that cannot be evaluated on an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    pub(super) expression: String,
    pub(super) errors: Vec<EvaluationError>,
    pub(super) value: String,
}

impl FilterError {
    /// Returns the expression.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Returns the errors of the evaluation; none where only the result is no Boolean.
    #[must_use]
    pub fn errors(&self) -> &[EvaluationError] {
        &self.errors
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: ", self.expression)?;
        if self.errors.is_empty() {
            return write!(f, "the result {} is no Boolean", self.value);
        }
        for (at, error) in self.errors.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for FilterError {}
