//! An expression, parsed and ready.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::ParseError;
use crate::evaluate;
use crate::evaluation::Evaluation;
use crate::explain::Explanation;
use crate::functions::Functions;
use crate::parser;
use crate::tree::{Kind, Node};
use crate::value::{Type, Value};

/// The longest text of an expression, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;

/// The deepest nesting of an expression: of parentheses, and of operators one in another.
///
/// `a OR b OR c` is three deep: for long lists of values there is `IN`. Half a megabyte of stack is
/// enough for the deepest expression.
pub const MAX_DEPTH: usize = 100;

/// Gives the attributes of an event by name.
///
/// Is implemented by whatever expressions are evaluated on.
pub trait Attributes {
    /// Returns the value of an attribute, by its name in lower case; `None` where it is absent.
    fn get(&self, name: &str) -> Option<Value<'_>>;

    /// Returns whether there is an attribute of that name.
    fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl<A: Attributes + ?Sized> Attributes for &A {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (**self).get(name)
    }

    fn contains(&self, name: &str) -> bool {
        (**self).contains(name)
    }
}

/// Is an expression of the language, parsed and with its functions found.
///
/// It prints as text that parses to an equal expression. A clone shares the tree.
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
    /// Where the text is not of the grammar, names a function that does not exist or an attribute
    /// that cannot, or is beyond [`MAX_LENGTH`] or [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, Functions::standard())
    }

    /// Parses an expression with functions of your own beside those of the specification.
    ///
    /// # Errors
    ///
    /// As for [`parse`](Expression::parse).
    pub fn parse_with(text: &str, functions: &Functions) -> Result<Self, ParseError> {
        let root = Arc::new(parser::parse(text, functions)?);
        Ok(Self { root })
    }

    /// Evaluates the expression on the attributes of an event.
    ///
    /// Nothing is allocated but by functions that make new text, by attributes that are no text
    /// already and are used as text, and by errors.
    #[must_use]
    pub fn evaluate<'a>(&'a self, attributes: &'a (impl Attributes + ?Sized)) -> Evaluation<'a> {
        evaluate::evaluate(&self.root, attributes, &mut ())
    }

    /// Evaluates the expression and notes what each part of it comes to.
    #[must_use]
    pub fn explain(&self, attributes: &(impl Attributes + ?Sized)) -> Explanation {
        Explanation::new(&self.root, attributes)
    }

    /// Returns the type of the result, or `None` where that depends on the event: where the whole
    /// expression is one attribute.
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
        evaluate::type_of(&self.root)
    }

    /// Returns the names of the attributes it looks at, each once, as they first come.
    #[must_use]
    pub fn attributes(&self) -> Vec<&str> {
        let mut names = Vec::new();
        collect(&self.root, &mut names);
        names
    }
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
