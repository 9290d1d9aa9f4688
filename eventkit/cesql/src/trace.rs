//! A record of the nodes that an evaluation visits.

use crate::evaluation::EvaluationError;
use crate::tree::Node;
use crate::value::Value;

/// The visited nodes, in order.
#[derive(Default)]
pub(crate) struct Trace {
    pub(crate) visits: Vec<Visit>,
    /// The indices of unfinished visits.
    open: Vec<usize>,
    /// The number of errors that are assigned to visits.
    errors: usize,
}

/// The result of a visited node.
pub(crate) struct Visit {
    pub(crate) node: *const Node,
    /// The value, or `None` for a missing attribute.
    pub(crate) value: Option<Value<'static>>,
    /// The errors of the node itself, without those of its operands.
    pub(crate) errors: Vec<EvaluationError>,
}

impl Trace {
    pub(crate) fn enter(&mut self, node: &Node, errors: &[EvaluationError]) {
        self.give(errors);
        self.open.push(self.visits.len());
        self.visits.push(Visit {
            node,
            value: None,
            errors: Vec::new(),
        });
    }

    /// Ends the innermost visit.
    pub(crate) fn leave(&mut self, value: Option<&Value<'_>>, errors: &[EvaluationError]) {
        self.give(errors);
        if let Some(visit) = self.open.pop().and_then(|at| self.visits.get_mut(at)) {
            visit.value = value.cloned().map(Value::into_owned);
        }
    }

    /// Assigns new errors to the innermost unfinished visit.
    fn give(&mut self, errors: &[EvaluationError]) {
        let open = self.open.last().copied();
        if let Some(visit) = open.and_then(|at| self.visits.get_mut(at)) {
            visit.errors.extend_from_slice(&errors[self.errors..]);
            self.errors = errors.len();
        }
    }
}
