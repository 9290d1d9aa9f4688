//! Filters of all dialects, and their evaluation.

use std::convert::Infallible;
use std::fmt;

use eventkit_cesql::{Expression, Functions, rules};
use serde::{Serialize, Serializer};

use super::attributes::AttributesOf;
use super::error::{FilterError, FilterParseError};
use crate::error::EncodeError;
use crate::event::AttributeRef;
use crate::typed::{AttributeSource, CloudEvent};

/// The maximum nesting depth of `all`, `any` and `not`.
pub const MAX_NESTING: usize = 32;

/// A filter in one of the dialects of the Subscriptions API (3.2.4).
///
/// Its serde form is the JSON of that API: an object with the dialect as its only member.
/// Expressions are written in their canonical form. `Display` writes the same JSON, except that a
/// filter which is a single expression is written as the expression.
///
/// ```
/// use eventkit::filter::Filter;
///
/// let filter = Filter::all([
///     Filter::prefix([("type", "co.outcome.")])?,
///     Filter::not(Filter::sql("test")?)?,
/// ])?;
/// let json = r#"{"all":[{"prefix":{"type":"co.outcome."}},{"not":{"sql":"test"}}]}"#;
/// assert_eq!(serde_json::to_string(&filter)?, json);
/// assert_eq!(serde_json::from_str::<Filter>(json)?, filter);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Filter {
    kind: Kind,
    /// The nesting depth of the filters below this one.
    #[serde(skip)]
    nesting: usize,
}

/// Attribute names, each with a text.
type AttributeTexts = Box<[(String, String)]>;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Exact(#[serde(serialize_with = "as_object")] AttributeTexts),
    Prefix(#[serde(serialize_with = "as_object")] AttributeTexts),
    Suffix(#[serde(serialize_with = "as_object")] AttributeTexts),
    All(Box<[Filter]>),
    Any(Box<[Filter]>),
    Not(Box<Filter>),
    Sql(#[serde(serialize_with = "as_text")] Expression),
}

/// Serializes pairs as an object, in order.
fn as_object<S: Serializer>(texts: &AttributeTexts, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(texts.iter().map(|(name, text)| (name, text)))
}

fn as_text<S: Serializer>(expression: &Expression, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(expression)
}

impl Filter {
    /// Creates a filter that requires all of these attributes to be equal to the given texts.
    ///
    /// # Errors
    ///
    /// Returns an error if there are no attributes, a name is not a valid attribute name, or a text
    /// is empty.
    pub fn exact<N: Into<String>, T: Into<String>>(
        attributes: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, FilterParseError> {
        texts("exact", attributes).map(|texts| Self::leaf(Kind::Exact(texts)))
    }

    /// Creates a filter that requires all of these attributes to start with the given texts.
    ///
    /// # Errors
    ///
    /// Returns an error if [`exact`](Filter::exact) does.
    pub fn prefix<N: Into<String>, T: Into<String>>(
        attributes: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, FilterParseError> {
        texts("prefix", attributes).map(|texts| Self::leaf(Kind::Prefix(texts)))
    }

    /// Creates a filter that requires all of these attributes to end with the given texts.
    ///
    /// # Errors
    ///
    /// Returns an error if [`exact`](Filter::exact) does.
    pub fn suffix<N: Into<String>, T: Into<String>>(
        attributes: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, FilterParseError> {
        texts("suffix", attributes).map(|texts| Self::leaf(Kind::Suffix(texts)))
    }

    /// Creates a filter that an event passes if it passes all of these filters.
    ///
    /// # Errors
    ///
    /// Returns an error if there are no filters, or if they are nested more deeply than
    /// [`MAX_NESTING`].
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Result<Self, FilterParseError> {
        Self::list("all", filters, Kind::All)
    }

    /// Creates a filter that an event passes if it passes any of these filters.
    ///
    /// # Errors
    ///
    /// Returns an error if [`all`](Filter::all) does.
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Result<Self, FilterParseError> {
        Self::list("any", filters, Kind::Any)
    }

    /// Creates a filter that an event passes if it does not pass this one.
    ///
    /// # Errors
    ///
    /// Returns an error if the filters are nested more deeply than [`MAX_NESTING`].
    #[expect(
        clippy::should_implement_trait,
        reason = "named after its dialect, and it can fail"
    )]
    pub fn not(filter: Self) -> Result<Self, FilterParseError> {
        Self::around(filter.nesting, Kind::Not(Box::new(filter)))
    }

    /// Creates a filter from an expression, with the functions of the specification.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a valid expression.
    pub fn sql(expression: &str) -> Result<Self, FilterParseError> {
        Ok(Expression::parse(expression)?.into())
    }

    /// Creates a filter from an expression, with a custom set of functions.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a valid expression.
    pub fn sql_with(expression: &str, functions: &Functions) -> Result<Self, FilterParseError> {
        Ok(Expression::parse_with(expression, functions)?.into())
    }

    /// Returns whether an event passes the filter; an expression that fails counts as `false`
    /// (3.2.4.1.2).
    #[must_use]
    pub fn matches(&self, event: &impl AttributeSource) -> bool {
        let Ok(passes) = self.decide(event, &|expression| {
            Ok::<_, Infallible>(expression.evaluate(&AttributesOf(event)).passes())
        });
        passes
    }

    /// Returns whether an event passes the filter, or an error if this cannot be decided.
    ///
    /// A single `false` decides an `all`, and a single `true` decides an `any`, even if other
    /// filters fail.
    ///
    /// # Errors
    ///
    /// Returns an error if an expression fails, or if its result is not a Boolean.
    pub fn evaluate(&self, event: &impl AttributeSource) -> Result<bool, FilterError> {
        self.decide(event, &|expression| {
            let source = AttributesOf(event);
            let evaluation = expression.evaluate(&source);
            match evaluation.value.to_boolean() {
                Some(passes) if evaluation.errors.is_empty() => Ok(passes),
                _ => Err(FilterError {
                    expression: expression.to_string(),
                    value: evaluation.value.to_string(),
                    errors: evaluation.errors,
                }),
            }
        })
    }

    /// Returns whether a typed value passes the filter, like [`matches`](Filter::matches), without
    /// encoding its data.
    ///
    /// An id or a time that no field sets is absent here, since it is only generated when the value
    /// becomes an event.
    ///
    /// # Errors
    ///
    /// Returns an error if a field cannot be converted to its attribute.
    pub fn matches_value(&self, value: &impl CloudEvent) -> Result<bool, EncodeError> {
        Ok(self.matches(&value.attributes()?))
    }

    /// Returns whether the filter refers to an attribute.
    #[must_use]
    pub fn looks_at(&self, attribute: &str) -> bool {
        match &self.kind {
            Kind::All(filters) | Kind::Any(filters) => {
                filters.iter().any(|filter| filter.looks_at(attribute))
            }
            Kind::Not(filter) => filter.looks_at(attribute),
            Kind::Sql(expression) => expression.attributes().contains(&attribute),
            Kind::Exact(texts) | Kind::Prefix(texts) | Kind::Suffix(texts) => {
                texts.iter().any(|(name, _)| name == attribute)
            }
        }
    }

    fn leaf(kind: Kind) -> Self {
        Self { kind, nesting: 0 }
    }

    fn list(
        dialect: &'static str,
        filters: impl IntoIterator<Item = Self>,
        kind: fn(Box<[Self]>) -> Kind,
    ) -> Result<Self, FilterParseError> {
        let filters: Box<[Self]> = filters.into_iter().collect();
        let deepest = filters.iter().map(|filter| filter.nesting).max();
        let deepest = deepest.ok_or(FilterParseError::Empty(dialect))?;
        Self::around(deepest, kind(filters))
    }

    fn around(nesting: usize, kind: Kind) -> Result<Self, FilterParseError> {
        if nesting >= MAX_NESTING {
            return Err(FilterParseError::Nesting);
        }
        Ok(Self {
            kind,
            nesting: nesting + 1,
        })
    }

    /// Decides a filter, using `sql` to evaluate expressions.
    fn decide<E>(
        &self,
        event: &impl AttributeSource,
        sql: &impl Fn(&Expression) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let all = |texts: &[(String, String)], fits: fn(&str, &str) -> bool| {
            let mut texts = texts.iter();
            Ok(texts.all(|(name, text)| {
                let value = event.attribute(name).map(AttributeRef::into_text);
                value.is_some_and(|value| fits(&value, text))
            }))
        };
        // Returns the first decisive result, or else the first error.
        let list = |filters: &[Self], decisive: bool| {
            let mut outcome = Ok(!decisive);
            for filter in filters {
                match filter.decide(event, sql) {
                    Ok(passes) if passes == decisive => return Ok(decisive),
                    Err(error) if outcome.is_ok() => outcome = Err(error),
                    _ => {}
                }
            }
            outcome
        };
        match &self.kind {
            Kind::Exact(texts) => all(texts, |value, text| value == text),
            Kind::Prefix(texts) => all(texts, |value, text| value.starts_with(text)),
            Kind::Suffix(texts) => all(texts, |value, text| value.ends_with(text)),
            Kind::All(filters) => list(filters, false),
            Kind::Any(filters) => list(filters, true),
            Kind::Not(filter) => filter.decide(event, sql).map(|passes| !passes),
            Kind::Sql(expression) => sql(expression),
        }
    }
}

fn texts<N: Into<String>, T: Into<String>>(
    dialect: &'static str,
    attributes: impl IntoIterator<Item = (N, T)>,
) -> Result<AttributeTexts, FilterParseError> {
    let mut texts: Vec<(String, String)> = Vec::new();
    for (name, text) in attributes {
        let (name, text) = (name.into(), text.into());
        let letters = name.bytes().all(rules::is_name_byte);
        if name.is_empty() || !letters || name == rules::DATA {
            return Err(FilterParseError::Name(name));
        }
        if text.is_empty() {
            return Err(FilterParseError::Text(name));
        }
        if texts.iter().any(|(own, _)| *own == name) {
            return Err(FilterParseError::Duplicate(name));
        }
        texts.push((name, text));
    }
    if texts.is_empty() {
        Err(FilterParseError::Empty(dialect))
    } else {
        Ok(texts.into())
    }
}

impl From<Expression> for Filter {
    fn from(expression: Expression) -> Self {
        Self::leaf(Kind::Sql(expression))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Sql(expression) => expression.fmt(f),
            _ => f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?),
        }
    }
}
