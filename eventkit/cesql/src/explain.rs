//! An evaluation step by step.

use std::fmt;

use crate::evaluate::{self, Watch};
use crate::evaluation::{Evaluation, EvaluationError};
use crate::expression::Attributes;
use crate::tree::Node;
use crate::value::Value;

/// Says what each part of an expression came to, the whole first and its parts below it.
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

/// Is what one part of an expression came to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// How far below the whole expression the part stands.
    pub depth: usize,
    /// The part, as text.
    pub part: String,
    /// Its value, or `None` where it was not evaluated or is an absent attribute.
    pub value: Option<Value<'static>>,
    /// Whether it was evaluated; `AND`, `OR` and `IN` do not always look at all their operands.
    pub evaluated: bool,
    /// The errors that arose in the part itself, not in parts of it.
    pub errors: Vec<EvaluationError>,
}

impl Explanation {
    pub(crate) fn new(root: &Node, attributes: &(impl Attributes + ?Sized)) -> Self {
        let mut watcher = Watcher::default();
        let Evaluation { value, errors } = evaluate::evaluate(root, attributes, &mut watcher);
        let evaluation = Evaluation {
            value: value.into_owned(),
            errors,
        };
        let mut steps = Vec::new();
        let mut seen = watcher.seen.into_iter().peekable();
        list(root, 0, &mut seen, &mut steps);
        Self { evaluation, steps }
    }

    /// Returns the result.
    #[must_use]
    pub fn evaluation(&self) -> &Evaluation<'static> {
        &self.evaluation
    }

    /// Returns the parts that are no literals, each before the parts of it.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

/// What was seen of one part.
struct Seen {
    node: *const Node,
    value: Option<Value<'static>>,
    errors: Vec<EvaluationError>,
}

/// Notes the parts in the order in which they are entered.
#[derive(Default)]
struct Watcher {
    seen: Vec<Seen>,
    open: Vec<usize>,
    /// How many errors have been given to a part.
    errors: usize,
}

impl Watch for Watcher {
    fn enter(&mut self, node: &Node) {
        self.open.push(self.seen.len());
        self.seen.push(Seen {
            node,
            value: None,
            errors: Vec::new(),
        });
    }

    fn leave(&mut self, value: Option<&Value<'_>>, errors: &[EvaluationError]) {
        let Some(seen) = self.open.pop().and_then(|at| self.seen.get_mut(at)) else {
            return;
        };
        seen.value = value.cloned().map(Value::into_owned);
        seen.errors = errors.get(self.errors..).unwrap_or_default().to_vec();
        self.errors = errors.len();
    }
}

/// Lists a part and the parts of it; those that were not entered are next to none of the seen.
fn list(
    node: &Node,
    depth: usize,
    seen: &mut std::iter::Peekable<std::vec::IntoIter<Seen>>,
    steps: &mut Vec<Step>,
) {
    let own = seen.next_if(|seen| std::ptr::eq(seen.node, node));
    let evaluated = own.is_some();
    let (value, errors) = own.map_or((None, Vec::new()), |own| (own.value, own.errors));
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
            .for_each_child(|child| list(child, depth + 1, seen, steps));
    }
}

impl fmt::Display for Explanation {
    /// Writes one line for each part.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{step}")?;
        }
        Ok(())
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
