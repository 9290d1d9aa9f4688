//! The graph as a Mermaid flowchart.

use std::fmt::Write;

use super::model::{Graph, Node};
use crate::catalog::Catalog;

/// Returns the flowchart: events have round ends, handlers are rectangles.
pub(crate) fn mermaid(catalog: &Catalog) -> String {
    let graph = Graph::of(catalog);
    let mut text = "flowchart LR\n".to_owned();
    for (at, node) in graph.nodes.iter().enumerate() {
        let label = escaped(graph.label(catalog, at));
        // Writing to a string cannot fail.
        let _ = match node {
            Node::Event(_) => writeln!(text, "    n{at}([\"{label}\"])"),
            Node::Handler(_) => writeln!(text, "    n{at}[\"{label}\"]"),
        };
    }
    for (from, to) in &graph.edges {
        let _ = writeln!(text, "    n{from} --> n{to}");
    }
    text
}

/// Escapes a label: Mermaid reads entities, but no quotes and no line ends.
fn escaped(label: &str) -> String {
    let mut escaped = String::new();
    for char in label.chars() {
        match char {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' | ' ' | ':' | '/' => {
                escaped.push(char);
            }
            other => {
                let _ = write!(escaped, "#{};", u32::from(other));
            }
        }
    }
    escaped
}
