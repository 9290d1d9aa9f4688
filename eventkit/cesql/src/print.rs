//! Formatting of a syntax tree, with as few parentheses as possible.

use std::fmt::{self, Display, Formatter};

use crate::operator::{Binary, binding};
use crate::tree::{Kind, Node, Text};

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Integer(number) => write!(f, "{number}"),
            Kind::Boolean(true) => f.write_str("TRUE"),
            Kind::Boolean(false) => f.write_str("FALSE"),
            Kind::Text(text) => write!(f, "{text}"),
            Kind::Attribute(name) => f.write_str(name),
            Kind::Exists(name) => write!(f, "EXISTS {name}"),
            Kind::Not(operand) => write!(f, "NOT {}", parenthesized(operand, binding::UNARY)),
            Kind::Negate(operand) => match operand.kind {
                // `-5` is a literal, so the negation of 5 needs parentheses.
                Kind::Integer(0..) => write!(f, "-({operand})"),
                _ => write!(f, "-{}", parenthesized(operand, binding::UNARY)),
            },
            Kind::Binary(operator, operands) => binary(f, *operator, operands),
            Kind::Like {
                value,
                pattern,
                negated,
            } => {
                let not = if *negated { "NOT " } else { "" };
                write!(
                    f,
                    "{} {not}LIKE {}",
                    parenthesized(value, binding::MATCH),
                    pattern.0
                )
            }
            Kind::In {
                value,
                set,
                negated,
            } => {
                let not = if *negated { "NOT " } else { "" };
                write!(
                    f,
                    "{} {not}IN ({})",
                    parenthesized(value, binding::MATCH),
                    list(set)
                )
            }
            Kind::Call {
                function,
                arguments,
            } => {
                write!(f, "{}({})", function.name(), list(arguments))
            }
        }
    }
}

fn binary(f: &mut Formatter<'_>, operator: Binary, [left, right]: &[Node; 2]) -> fmt::Result {
    let own = operator.binding();
    // Operators are left-associative: a right operand with equal precedence needs parentheses.
    write!(
        f,
        "{} {operator} {}",
        parenthesized(left, own),
        parenthesized(right, own + 1)
    )
}

/// Writes an operand, with parentheses if it binds looser than `min_binding`.
fn parenthesized(node: &Node, min_binding: u8) -> impl Display {
    fmt::from_fn(move |f| {
        if binding_of(&node.kind) < min_binding {
            write!(f, "({node})")
        } else {
            write!(f, "{node}")
        }
    })
}

fn binding_of(kind: &Kind) -> u8 {
    match kind {
        Kind::Binary(operator, _) => operator.binding(),
        Kind::Like { .. } | Kind::In { .. } => binding::MATCH,
        _ => binding::UNARY,
    }
}

fn list(nodes: &[Node]) -> String {
    let nodes: Vec<String> = nodes.iter().map(Node::to_string).collect();
    nodes.join(", ")
}

impl Display for Text {
    /// Writes the literal with its original delimiter, the only character that must be escaped.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { value, delimiter } = self;
        let escaped = value.replace(*delimiter, &format!("\\{delimiter}"));
        write!(f, "{delimiter}{escaped}{delimiter}")
    }
}
