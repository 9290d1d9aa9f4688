//! Writes a tree as text, with the parentheses that it needs and no others.

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
            Kind::Not(operand) => write!(f, "NOT {}", within(operand, binding::UNARY)),
            Kind::Negate(operand) => match operand.kind {
                // `-5` is a number, and not the negative of one.
                Kind::Integer(0..) => write!(f, "-({operand})"),
                _ => write!(f, "-{}", within(operand, binding::UNARY)),
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
                    within(value, binding::MATCH),
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
                    within(value, binding::MATCH),
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
    // Operators are grouped from the left: to the right, one of the same row needs parentheses.
    write!(
        f,
        "{} {operator} {}",
        within(left, own),
        within(right, own + 1)
    )
}

/// Writes an operand, in parentheses where it binds less tight than it has to.
fn within(node: &Node, at_least: u8) -> impl Display {
    fmt::from_fn(move |f| {
        if binding_of(&node.kind) < at_least {
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

fn list(nodes: &[Node]) -> impl Display {
    fmt::from_fn(move |f| {
        for (at, node) in nodes.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            write!(f, "{separator}{node}")?;
        }
        Ok(())
    })
}

impl Display for Text {
    /// Writes it as it was read: only its own delimiter has to be escaped.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { value, delimiter } = self;
        let escaped = value.replace(*delimiter, &format!("\\{delimiter}"));
        write!(f, "{delimiter}{escaped}{delimiter}")
    }
}
