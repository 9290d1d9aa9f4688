//! The nodes and edges of the graph.

use std::collections::BTreeMap;

use crate::catalog::Catalog;

/// Node of the graph, as an index into the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Event(usize),
    Handler(usize),
}

/// The events and handlers of a catalog. An edge leads from an event to its handlers, and from a handler to
/// the events that it emits.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<(usize, usize)>,
}

impl Graph {
    pub(super) fn of(catalog: &Catalog) -> Self {
        let (events, handlers) = (catalog.events(), catalog.handlers());
        let at: BTreeMap<&str, usize> = events
            .iter()
            .enumerate()
            .map(|(at, event)| (event.ty.as_str(), at))
            .collect();
        let nodes = (0..events.len()).map(Node::Event);
        let nodes = nodes
            .chain((0..handlers.len()).map(Node::Handler))
            .collect();
        let mut edges = Vec::new();
        for (index, handler) in handlers.iter().enumerate() {
            let own = events.len() + index;
            edges.extend(
                handler
                    .handled_types()
                    .filter_map(|ty| Some((*at.get(ty)?, own))),
            );
            let emitted = handler.emits.iter();
            edges.extend(emitted.filter_map(|ty| Some((own, *at.get(ty.as_str())?))));
        }
        Self { nodes, edges }
    }

    /// Returns the text of a node.
    pub(super) fn label<'c>(&self, catalog: &'c Catalog, node: usize) -> &'c str {
        match self.nodes[node] {
            Node::Event(at) => &catalog.events()[at].ty,
            Node::Handler(at) => catalog.handlers()[at].short_name(),
        }
    }
}
