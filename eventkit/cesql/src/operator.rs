//! Binary operators and binding powers.

use std::fmt;

use crate::value::Type;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    Multiply,
    Divide,
    Remainder,
    Add,
    Subtract,
    Equal,
    NotEqual,
    /// `<>`, a synonym of `!=`.
    Diamond,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Xor,
}

/// Binding powers; operators with a higher power bind tighter.
pub(crate) mod binding {
    pub(crate) const NONE: u8 = 0;
    /// `AND`, `OR` and `XOR`, to which the specification gives the same precedence.
    pub(crate) const LOGIC: u8 = 1;
    pub(crate) const COMPARISON: u8 = 2;
    pub(crate) const SUM: u8 = 3;
    pub(crate) const PRODUCT: u8 = 4;
    /// `LIKE` and `IN`.
    pub(crate) const MATCH: u8 = 5;
    /// `NOT`, unary `-`, and primary expressions.
    pub(crate) const UNARY: u8 = 6;
}

impl Binary {
    pub(crate) fn binding(self) -> u8 {
        match self {
            Self::Multiply | Self::Divide | Self::Remainder => binding::PRODUCT,
            Self::Add | Self::Subtract => binding::SUM,
            Self::And | Self::Or | Self::Xor => binding::LOGIC,
            _ => binding::COMPARISON,
        }
    }

    /// Returns the type of the result.
    pub(crate) fn result(self) -> Type {
        match self.binding() {
            binding::PRODUCT | binding::SUM => Type::Integer,
            _ => Type::Boolean,
        }
    }
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Diamond => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::And => "AND",
            Self::Or => "OR",
            Self::Xor => "XOR",
        })
    }
}
