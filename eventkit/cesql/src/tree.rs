//! The syntax tree.

use std::ops::Range;

use crate::function::Function;
use crate::operator::Binary;
use crate::pattern::Pattern;
use crate::value::Type;

/// A subexpression with its position in the text.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
    /// The number of nodes on the path to the deepest leaf.
    pub(crate) height: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Integer(i32),
    Boolean(bool),
    Text(Text),
    /// The value of an attribute; the name is in lowercase.
    Attribute(Box<str>),
    Exists(Box<str>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Binary, Box<[Node; 2]>),
    Like {
        value: Box<Node>,
        pattern: Box<(Text, Pattern)>,
        negated: bool,
    },
    In {
        value: Box<Node>,
        set: Box<[Node]>,
        negated: bool,
    },
    Call {
        function: Function,
        arguments: Box<[Node]>,
    },
}

/// A string literal, with its delimiter for display.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) value: Box<str>,
    pub(crate) delimiter: char,
}

impl PartialEq for Node {
    /// Compares the kinds, ignoring positions.
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Node {
    pub(crate) fn new(kind: Kind, span: Range<usize>) -> Self {
        let mut height = 0;
        kind.for_each_child(|child| height = height.max(child.height));
        Self {
            kind,
            span,
            height: height + 1,
        }
    }

    /// Returns the type, or `None` for an attribute, whose type depends on the event.
    pub(crate) fn ty(&self) -> Option<Type> {
        Some(match &self.kind {
            Kind::Integer(_) | Kind::Negate(_) => Type::Integer,
            Kind::Text(_) => Type::String,
            Kind::Attribute(_) => return None,
            Kind::Binary(operator, _) => operator.result(),
            Kind::Call { function, .. } => function.returns(),
            Kind::Boolean(_)
            | Kind::Exists(_)
            | Kind::Not(_)
            | Kind::Like { .. }
            | Kind::In { .. } => Type::Boolean,
        })
    }

    pub(crate) fn is_literal(&self) -> bool {
        matches!(
            self.kind,
            Kind::Integer(_) | Kind::Boolean(_) | Kind::Text(_)
        )
    }
}

impl Kind {
    /// Calls `visit` with each operand.
    pub(crate) fn for_each_child<'n>(&'n self, mut visit: impl FnMut(&'n Node)) {
        match self {
            Self::Integer(_)
            | Self::Boolean(_)
            | Self::Text(_)
            | Self::Attribute(_)
            | Self::Exists(_) => {}
            Self::Not(operand) | Self::Negate(operand) => visit(operand),
            Self::Binary(_, operands) => operands.iter().for_each(visit),
            Self::Like { value, .. } => visit(value),
            Self::In { value, set, .. } => {
                visit(value);
                set.iter().for_each(visit);
            }
            Self::Call { arguments, .. } => arguments.iter().for_each(visit),
        }
    }
}

impl Text {
    /// Removes the delimiters of a literal and its escapes.
    pub(crate) fn read(text: &str) -> Self {
        let mut chars = text.chars();
        let delimiter = chars.next().unwrap_or('\'');
        chars.next_back();
        let mut value = String::with_capacity(text.len());
        while let Some(c) = chars.next() {
            if c != '\\' {
                value.push(c);
                continue;
            }
            match chars.next() {
                Some(next) if next == delimiter => value.push(next),
                next => {
                    value.push(c);
                    value.extend(next);
                }
            }
        }
        Self {
            value: value.into(),
            delimiter,
        }
    }
}
