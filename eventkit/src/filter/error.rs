//! The errors of parsing and evaluating filters.

use eventkit_cesql::{EvaluationError, ParseError};
use thiserror::Error;

use crate::error::joined;

/// The error for an invalid filter.
///
/// ```
/// use eventkit::filter::{Filter, FilterParseError};
///
/// let error = Filter::sql("priority >").unwrap_err();
/// assert!(matches!(error, FilterParseError::Expression(_)));
/// println!("{error}"); // shows where the expression breaks
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FilterParseError {
    /// An expression is not valid CESQL.
    #[error("{}\n{}", .0, .0.caret())]
    Expression(#[from] ParseError),
    /// The dialect `exact`, `prefix` or `suffix` has no attributes, or `all` or `any` has no
    /// filters.
    #[error("`{0}` is empty: expected at least one element")]
    Empty(&'static str),
    /// The name is not a valid attribute name.
    #[error("{0:?} is not a valid attribute name: expected lowercase letters and digits")]
    Name(String),
    /// The text for an attribute is empty.
    #[error("the text for `{0}` is empty")]
    Text(String),
    /// An attribute occurs twice.
    #[error("`{0}` occurs twice")]
    Duplicate(String),
    /// Filters are nested too deeply.
    #[error("filters are nested more than {} levels deep", super::MAX_NESTING)]
    Nesting,
}

/// The error for a filter that could not be evaluated on an event.
///
/// ```
/// use eventkit::Event;
/// use eventkit::filter::Filter;
///
/// let event = Event::builder().source("/shop").ty("t").build()?;
/// let error = Filter::sql("priority > 3")?.evaluate(&event).unwrap_err();
/// assert_eq!(error.expression(), "priority > 3");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{expression}`: {}", reason(errors, value))]
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

    /// Returns the errors of the evaluation; empty if the only error is a result that is not a
    /// Boolean.
    #[must_use]
    pub fn errors(&self) -> &[EvaluationError] {
        &self.errors
    }
}

fn reason(errors: &[EvaluationError], value: &str) -> String {
    if errors.is_empty() {
        return format!("the result {value} is not a Boolean");
    }
    joined(errors)
}
