//! Evaluation of a syntax tree (section 3 of the specification), in complete evaluation mode (4.1).

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::attributes::Attributes;
use crate::evaluation::{Evaluation, EvaluationError, EvaluationErrorKind};
use crate::function::Function;
use crate::operator::Binary;
use crate::trace::Trace;
use crate::tree::{Kind, Node};
use crate::value::{Type, Value};

/// The maximum number of parameters among the functions of the specification.
const INLINE_ARGUMENTS: usize = 3;

/// Evaluates a tree, and records the visited nodes in the trace, if there is one.
pub(crate) fn evaluate<'a>(
    root: &'a Node,
    attributes: &'a (impl Attributes + ?Sized),
    trace: Option<&mut Trace>,
) -> Evaluation<'a> {
    let mut evaluator = Evaluator {
        attributes,
        errors: Vec::new(),
        trace,
    };
    let value = evaluator.node(root).unwrap_or(Value::Boolean(false));
    Evaluation {
        value,
        errors: evaluator.errors,
    }
}

struct Evaluator<'a, 't, A: ?Sized> {
    attributes: &'a A,
    errors: Vec<EvaluationError>,
    trace: Option<&'t mut Trace>,
}

impl<'a, A: Attributes + ?Sized> Evaluator<'a, '_, A> {
    /// Evaluates a node; returns `None` only for a missing attribute.
    fn node(&mut self, node: &'a Node) -> Option<Value<'a>> {
        if let Some(trace) = &mut self.trace {
            trace.enter(node, &self.errors);
        }
        let value = self.kind(node);
        if let Some(trace) = &mut self.trace {
            trace.leave(value.as_ref(), &self.errors);
        }
        value
    }

    fn kind(&mut self, node: &'a Node) -> Option<Value<'a>> {
        Some(match &node.kind {
            Kind::Integer(number) => Value::Integer(*number),
            Kind::Boolean(flag) => Value::Boolean(*flag),
            Kind::Text(text) => Value::String(Cow::Borrowed(&text.value)),
            Kind::Attribute(name) => return self.attribute(node, name),
            Kind::Exists(name) => Value::Boolean(self.attributes.contains(name)),
            Kind::Not(operand) => Value::Boolean(self.boolean(operand).is_some_and(|flag| !flag)),
            Kind::Negate(operand) => {
                let number = self.integer(operand).unwrap_or_default();
                self.checked(node, number.checked_neg())
            }
            Kind::Binary(Binary::And, operands) => Value::Boolean(self.and(operands)),
            Kind::Binary(Binary::Or, operands) => Value::Boolean(self.or(operands)),
            Kind::Binary(operator, operands) => self.binary(node, *operator, operands),
            Kind::Like {
                value,
                pattern,
                negated,
            } => {
                let text = self.node(value).map(Value::into_text);
                Value::Boolean(text.is_some_and(|text| pattern.1.matches(&text) != *negated))
            }
            Kind::In {
                value,
                set,
                negated,
            } => {
                let found = self.is_in(value, set);
                Value::Boolean(found.is_some_and(|found| found != *negated))
            }
            Kind::Call {
                function,
                arguments,
            } => self.call(node, function, arguments),
        })
    }

    fn attribute(&mut self, node: &Node, name: &str) -> Option<Value<'a>> {
        let value = self.attributes.get(name);
        if value.is_none() {
            let message = format!("the event has no attribute `{name}`");
            self.error(node, EvaluationErrorKind::MissingAttribute, message);
        }
        value
    }

    fn and(&mut self, [left, right]: &'a [Node; 2]) -> bool {
        self.boolean(left) == Some(true) && self.boolean(right) == Some(true)
    }

    fn or(&mut self, [left, right]: &'a [Node; 2]) -> bool {
        // If the left operand is missing, the result is the zero value.
        let left = self.boolean(left);
        left.is_some_and(|flag| flag || self.boolean(right) == Some(true))
    }

    fn binary(&mut self, node: &Node, operator: Binary, [left, right]: &'a [Node; 2]) -> Value<'a> {
        // Both operands are evaluated before missing ones are reported, so that all errors are
        // reported.
        let (x, y) = (self.node(left), self.node(right));
        let zero = operator.result().zero();
        let (Some(x), Some(y)) = (x, y) else {
            return zero;
        };
        match operator {
            Binary::Equal | Binary::NotEqual | Binary::Diamond => {
                let ty = y.ty();
                let equal = self.cast(left, x, ty).map(|x| x == y);
                Value::Boolean(equal.is_some_and(|equal| equal == (operator == Binary::Equal)))
            }
            Binary::Xor => match (
                self.cast(left, x, Type::Boolean),
                self.cast(right, y, Type::Boolean),
            ) {
                (Some(x), Some(y)) => Value::Boolean(x != y),
                _ => zero,
            },
            _ => match (self.as_integer(left, x), self.as_integer(right, y)) {
                (Some(x), Some(y)) => self.numbers(node, operator, x, y),
                _ => zero,
            },
        }
    }

    fn numbers(&mut self, node: &Node, operator: Binary, x: i32, y: i32) -> Value<'a> {
        let number = match operator {
            Binary::Less => return Value::Boolean(x < y),
            Binary::LessOrEqual => return Value::Boolean(x <= y),
            Binary::Greater => return Value::Boolean(x > y),
            Binary::GreaterOrEqual => return Value::Boolean(x >= y),
            Binary::Divide | Binary::Remainder if y == 0 => {
                self.error(
                    node,
                    EvaluationErrorKind::Math,
                    format!("`{x} {operator} 0` divides by zero"),
                );
                return Value::Integer(0);
            }
            Binary::Divide => x.checked_div(y),
            // -2147483648 % -1 is 0, although the corresponding division overflows.
            Binary::Remainder => Some(x.wrapping_rem(y)),
            Binary::Multiply => x.checked_mul(y),
            Binary::Subtract => x.checked_sub(y),
            _ => x.checked_add(y),
        };
        self.checked(node, number)
    }

    fn checked(&mut self, node: &Node, number: Option<i32>) -> Value<'a> {
        if number.is_none() {
            self.error(
                node,
                EvaluationErrorKind::Math,
                format!("`{node}` does not fit in 32 bits"),
            );
        }
        Value::Integer(number.unwrap_or_default())
    }

    /// Returns whether a set contains a value, or `None` if the value or an element is missing.
    fn is_in(&mut self, value: &'a Node, set: &'a [Node]) -> Option<bool> {
        let x = self.node(value)?;
        for element in set {
            let y = self.node(element)?;
            if self.cast(element, y, x.ty()).is_some_and(|y| y == x) {
                return Some(true);
            }
        }
        Some(false)
    }

    fn call(&mut self, node: &Node, function: &Function, nodes: &'a [Node]) -> Value<'a> {
        let zero = function.returns().zero();
        let mut arguments: SmallVec<[Value<'a>; INLINE_ARGUMENTS]> = SmallVec::new();
        let mut complete = true;
        for (at, argument) in nodes.iter().enumerate() {
            let value = self.node(argument);
            match value.and_then(|value| self.cast(argument, value, function.parameter(at))) {
                Some(value) => arguments.push(value),
                None => complete = false,
            }
        }
        if !complete {
            return zero;
        }
        let value = function.call(&arguments).unwrap_or_else(|failed| {
            self.error(node, failed.kind, failed.message);
            failed.value.unwrap_or_else(|| zero.clone())
        });
        self.cast(node, value, function.returns()).unwrap_or(zero)
    }

    fn boolean(&mut self, node: &'a Node) -> Option<bool> {
        let value = self.node(node)?;
        self.cast(node, value, Type::Boolean)?.to_boolean()
    }

    fn integer(&mut self, node: &'a Node) -> Option<i32> {
        let value = self.node(node)?;
        self.as_integer(node, value)
    }

    fn as_integer(&mut self, node: &Node, value: Value<'a>) -> Option<i32> {
        self.cast(node, value, Type::Integer)?.to_integer()
    }

    fn cast(&mut self, node: &Node, value: Value<'a>, ty: Type) -> Option<Value<'a>> {
        if value.ty() == ty {
            return Some(value);
        }
        let cast = value.clone().cast(ty);
        if cast.is_none() {
            let message = format!("`{node}` is {value}, which cannot be cast to {ty}");
            self.error(node, EvaluationErrorKind::Cast, message);
        }
        cast
    }

    #[cold]
    fn error(&mut self, node: &Node, kind: EvaluationErrorKind, message: String) {
        let span = node.span.clone();
        self.errors.push(EvaluationError {
            kind,
            message,
            span,
        });
    }
}
