//! The record of the nodes that an evaluation enters.

use crate::evaluation::EvaluationError;
use crate::tree::Node;
use crate::value::Value;

/// The nodes in the order in which they are entered.
#[derive(Default)]
pub(crate) struct Trace {
    pub(crate) visits: Vec<Visit>,
    /// The indices of the visits that have not ended.
    open: Vec<usize>,
    /// The number of errors that have been given to a visit.
    errors: usize,
}

/// The result of a node that was entered.
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

    /// Ends the visit that was entered last.
    pub(crate) fn leave(&mut self, value: Option<&Value<'_>>, errors: &[EvaluationError]) {
        self.give(errors);
        if let Some(visit) = self.open.pop().and_then(|at| self.visits.get_mut(at)) {
            visit.value = value.cloned().map(Value::into_owned);
        }
    }

    /// Gives the new errors to the innermost visit that has not ended.
    fn give(&mut self, errors: &[EvaluationError]) {
        let open = self.open.last().copied();
        if let Some(visit) = open.and_then(|at| self.visits.get_mut(at)) {
            visit.errors.extend_from_slice(&errors[self.errors..]);
            self.errors = errors.len();
        }
    }
}
