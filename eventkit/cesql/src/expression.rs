//! Parsed expressions.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::attributes::Attributes;
use crate::error::ParseError;
use crate::evaluate;
use crate::evaluation::Evaluation;
use crate::explain::Explanation;
use crate::functions::Functions;
use crate::parser;
use crate::tree::{Kind, Node};
use crate::value::Type;

/// A parsed expression whose functions are resolved.
///
/// [`Display`](fmt::Display) writes text that parses to an equal expression. Clones share the tree.
///
/// ```
/// use eventkit_cesql::Expression;
///
/// let expression: Expression = "(priority + 1) * 2 > 6 and not (region in ('eu', 'us'))".parse()?;
/// assert_eq!(expression.to_string(), "(priority + 1) * 2 > 6 AND NOT (region IN ('eu', 'us'))");
/// assert_eq!(expression.attributes(), ["priority", "region"]);
/// # Ok::<(), eventkit_cesql::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub(crate) root: Arc<Node>,
}

impl Expression {
    /// Parses an expression with the functions of the specification.
    ///
    /// # Errors
    ///
    /// Returns an error if the text violates the grammar, calls an unknown function, has an illegal
    /// attribute name, or exceeds [`MAX_LENGTH`](crate::MAX_LENGTH) or
    /// [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, Functions::standard())
    }

    /// Parses an expression with a set of functions, which may include custom ones.
    ///
    /// # Errors
    ///
    /// Returns an error if [`parse`](Expression::parse) would.
    pub fn parse_with(text: &str, functions: &Functions) -> Result<Self, ParseError> {
        let root = Arc::new(parser::parse(text, functions)?);
        Ok(Self { root })
    }

    /// Evaluates the expression on the attributes of an event.
    ///
    /// This allocates only for functions that build new strings, for casts to `String`, and for
    /// errors.
    #[must_use]
    pub fn evaluate<'a>(&'a self, attributes: &'a (impl Attributes + ?Sized)) -> Evaluation<'a> {
        evaluate::evaluate(&self.root, attributes, None)
    }

    /// Evaluates the expression and records the result of each subexpression.
    #[must_use]
    pub fn explain(&self, attributes: &(impl Attributes + ?Sized)) -> Explanation {
        Explanation::new(&self.root, attributes)
    }

    /// Returns the type of the result, or `None` if the expression is a single attribute, whose
    /// type depends on the event.
    ///
    /// ```
    /// use eventkit_cesql::{Expression, Type};
    ///
    /// assert_eq!(Expression::parse("LENGTH(id) + 1")?.ty(), Some(Type::Integer));
    /// assert_eq!(Expression::parse("id")?.ty(), None);
    /// # Ok::<(), eventkit_cesql::ParseError>(())
    /// ```
    #[must_use]
    pub fn ty(&self) -> Option<Type> {
        self.root.ty()
    }

    /// Returns the names of the attributes that the expression refers to, without duplicates, in
    /// order of first use.
    #[must_use]
    pub fn attributes(&self) -> Vec<&str> {
        let mut names = Vec::new();
        collect(&self.root, &mut names);
        names
    }

    /// Returns the names of the attributes whose presence the expression tests with `EXISTS`,
    /// without duplicates, in order of first use.
    ///
    /// ```
    /// use eventkit_cesql::Expression;
    ///
    /// let expression = Expression::parse("EXISTS region AND region = 'eu' AND priority > 3")?;
    /// assert_eq!(expression.tested_attributes(), ["region"]);
    /// # Ok::<(), eventkit_cesql::ParseError>(())
    /// ```
    #[must_use]
    pub fn tested_attributes(&self) -> Vec<&str> {
        let mut names = Vec::new();
        collect_tested(&self.root, &mut names);
        names
    }
}

fn collect_tested<'n>(node: &'n Node, names: &mut Vec<&'n str>) {
    if let Kind::Exists(name) = &node.kind
        && !names.contains(&&**name)
    {
        names.push(name);
    }
    node.kind
        .for_each_child(|child| collect_tested(child, names));
}

fn collect<'n>(node: &'n Node, names: &mut Vec<&'n str>) {
    if let Kind::Attribute(name) | Kind::Exists(name) = &node.kind
        && !names.contains(&&**name)
    {
        names.push(name);
    }
    node.kind.for_each_child(|child| collect(child, names));
}

impl FromStr for Expression {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}
