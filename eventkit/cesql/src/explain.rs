//! Step-by-step evaluation.

use std::fmt;
use std::iter::Peekable;

use crate::attributes::Attributes;
use crate::evaluate;
use crate::evaluation::{Evaluation, EvaluationError};
use crate::trace::{Trace, Visit};
use crate::tree::Node;
use crate::value::Value;

/// A record of an evaluation: the result of the whole expression, followed by those of its
/// subexpressions.
///
/// ```
/// # use eventkit_cesql::{Attributes, Expression, Value};
/// # struct Event;
/// # impl Attributes for Event {
/// #     fn get(&self, name: &str) -> Option<Value<'_>> {
/// #         (name == "subject").then_some(Value::from("eu-7"))
/// #     }
/// # }
/// let explanation = Expression::parse("subject LIKE 'us-%' AND priority > 3")?.explain(&Event);
/// assert_eq!(explanation.to_string(), "\
/// subject LIKE 'us-%' AND priority > 3: false
///   subject LIKE 'us-%': false
///     subject: \"eu-7\"
///   priority > 3: not evaluated");
/// # Ok::<(), eventkit_cesql::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Explanation {
    evaluation: Evaluation<'static>,
    steps: Vec<Step>,
}

/// The result of one subexpression.
///
/// [`Explanation::steps`] returns them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The depth below the whole expression.
    pub depth: usize,
    /// The subexpression, as text.
    pub part: String,
    /// The value, or `None` if the subexpression was not evaluated or is a missing attribute.
    pub value: Option<Value<'static>>,
    /// Whether the subexpression was evaluated; `AND`, `OR` and `IN` may skip operands.
    pub evaluated: bool,
    /// The errors of the subexpression itself, without those of its operands.
    pub errors: Vec<EvaluationError>,
}

impl Explanation {
    pub(crate) fn new(root: &Node, attributes: &(impl Attributes + ?Sized)) -> Self {
        let mut trace = Trace::default();
        let Evaluation { value, errors } = evaluate::evaluate(root, attributes, Some(&mut trace));
        let evaluation = Evaluation {
            value: value.into_owned(),
            errors,
        };
        let mut steps = Vec::new();
        let mut visits = trace.visits.into_iter().peekable();
        list(root, 0, &mut visits, &mut steps);
        Self { evaluation, steps }
    }

    /// Returns the result.
    #[must_use]
    pub fn evaluation(&self) -> &Evaluation<'static> {
        &self.evaluation
    }

    /// Returns the steps of all subexpressions except literals, each before those of its operands.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

/// Adds the steps of a node and its operands; a node without a visit was not evaluated.
fn list(
    node: &Node,
    depth: usize,
    visits: &mut Peekable<std::vec::IntoIter<Visit>>,
    steps: &mut Vec<Step>,
) {
    let visit = visits.next_if(|visit| std::ptr::eq(visit.node, node));
    let evaluated = visit.is_some();
    let (value, errors) = visit.map_or((None, Vec::new()), |visit| (visit.value, visit.errors));
    if depth == 0 || !node.is_literal() {
        steps.push(Step {
            depth,
            part: node.to_string(),
            value,
            evaluated,
            errors,
        });
    }
    if evaluated {
        node.kind
            .for_each_child(|child| list(child, depth + 1, visits, steps));
    }
}

impl fmt::Display for Explanation {
    /// Writes one line for each step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = self.steps.iter().map(Step::to_string).collect();
        f.write_str(&steps.join("\n"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:indent$}{}: ", "", self.part, indent = 2 * self.depth)?;
        match &self.value {
            Some(value) => write!(f, "{value}")?,
            None if self.evaluated => f.write_str("absent")?,
            None => f.write_str("not evaluated")?,
        }
        for error in &self.errors {
            write!(f, " (error: {error})")?;
        }
        Ok(())
    }
}
