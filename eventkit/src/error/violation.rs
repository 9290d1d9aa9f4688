//! Violations of the specification.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use super::attribute::AttributeError;
use super::excerpt::truncate;
use super::joined;

/// The maximum number of reported violations per message.
///
/// A malicious message of one megabyte could contain hundreds of thousands of them, each of which
/// takes more memory than its part of the message.
pub(crate) const MAX_VIOLATIONS: usize = 100;

/// A violation of the specification by an event: the attribute, an excerpt of its value, the
/// expected form, and the section of the specification that requires it.
///
/// A [`BuildError`] has all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    attribute: Cow<'static, str>,
    error: AttributeError,
    section: &'static str,
}

impl Violation {
    /// Creates the violation of an attribute; the message contains an excerpt of its value.
    #[must_use]
    pub fn new(
        attribute: impl Into<Cow<'static, str>>,
        value: &str,
        expected: impl Into<Cow<'static, str>>,
        section: &'static str,
    ) -> Self {
        Self {
            attribute: attribute.into(),
            error: AttributeError::new(value, expected),
            section,
        }
    }

    pub(crate) fn missing(
        attribute: impl Into<Cow<'static, str>>,
        expected: impl Into<Cow<'static, str>>,
        section: &'static str,
    ) -> Self {
        Self {
            attribute: attribute.into(),
            error: AttributeError::absent(expected),
            section,
        }
    }

    /// Creates the violation of an attribute that does not fit the requested type.
    pub(crate) fn from_error(
        attribute: &str,
        error: &AttributeError,
        section: &'static str,
    ) -> Self {
        Self {
            attribute: attribute.to_owned().into(),
            error: error.clone(),
            section,
        }
    }

    /// Returns the name of the attribute, as spelled in the specification.
    #[must_use]
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// Returns the start of the invalid value, or `None` if the attribute is absent.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.error.value()
    }

    /// Returns what was expected instead.
    #[must_use]
    pub fn expected(&self) -> &str {
        self.error.expected()
    }

    /// Returns the section of the specification that requires this.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.section
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names are untrusted too, and must not break the lines of a log.
        let attribute = truncate(&self.attribute);
        write!(f, "attribute `{}` is ", attribute.escape_debug())?;
        match self.value() {
            Some(value) => write!(f, "{value:?}")?,
            None => f.write_str("missing")?,
        }
        write!(f, ", expected {} ({})", self.expected(), self.section)
    }
}

/// The error returned when an invalid event is built, with every [`Violation`].
///
/// ```
/// use eventkit::Event;
///
/// let error = Event::builder().source("not a URI").ty("").build().unwrap_err();
/// for violation in error.violations() {
///     println!("{}: expected {}", violation.attribute(), violation.expected());
/// }
/// assert_eq!(error.violations().len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a valid event: {}", joined(violations))]
pub struct BuildError {
    violations: Vec<Violation>,
}

impl BuildError {
    pub(crate) fn new(violations: Vec<Violation>) -> Self {
        Self { violations }
    }

    /// Adds a violation, up to a maximum number.
    pub(crate) fn add(&mut self, violation: Violation) {
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(violation);
        }
    }

    pub(crate) fn into_violations(self) -> Vec<Violation> {
        self.violations
    }

    /// Returns the violations, in the order in which they were found.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl From<Violation> for BuildError {
    fn from(violation: Violation) -> Self {
        Self::new(vec![violation])
    }
}
