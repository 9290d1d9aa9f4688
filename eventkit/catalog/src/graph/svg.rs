//! The graph as an SVG image.

use std::fmt::Write;

use super::layout::{HEIGHT, Layout, layout};
use super::model::{Graph, Node};
use crate::catalog::Catalog;
use crate::keys::Keys;
use crate::page::escape;

/// The width of a character of the font, which is monospaced.
const CHAR_WIDTH: f64 = 7.25;
/// The space on both sides of a text.
const PADDING: f64 = 14.0;
/// The maximum number of characters of a label; the middle of a longer one is left out.
const MAX_LABEL: usize = 40;

/// The style of an image of its own. In the page, the style sheet of the page applies.
const STYLE: &str = include_str!("graph.css");

/// Returns the image as a document of its own.
pub(crate) fn svg(catalog: &Catalog) -> String {
    image(catalog, None)
}

/// Returns the image for the page, where nodes are links to their sections.
pub(crate) fn linked(catalog: &Catalog, keys: &Keys) -> String {
    image(catalog, Some(keys))
}

fn image(catalog: &Catalog, keys: Option<&Keys>) -> String {
    let graph = Graph::of(catalog);
    let labels: Vec<String> = (0..graph.nodes.len())
        .map(|node| shortened(graph.label(catalog, node)))
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "labels are short")]
    let widths = labels
        .iter()
        .map(|label| label.chars().count() as f64 * CHAR_WIDTH + 2.0 * PADDING);
    let widths: Vec<f64> = widths.map(f64::ceil).collect();
    let layout = layout(&widths, &graph.edges);
    let (width, height) = (layout.width.ceil(), layout.height.ceil());
    let mut svg = format!(
        "<svg class=\"graph\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"Graph of events and handlers\">\n"
    );
    if keys.is_none() {
        let _ = writeln!(svg, "<style>{STYLE}</style>");
    }
    svg.push_str(
        "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto-start-reverse\"><path class=\"head\" d=\"M0 0.5 7.5 4 0 7.5z\"/>\
         </marker></defs>\n",
    );
    for points in &layout.edges {
        let _ = writeln!(
            svg,
            "<path class=\"edge\" marker-end=\"url(#arrow)\" d=\"{}\"/>",
            curve(points)
        );
    }
    for (at, label) in labels.iter().enumerate() {
        let link = keys.map(|keys| match graph.nodes[at] {
            Node::Event(event) => keys.event_anchor(&catalog.events()[event].ty),
            Node::Handler(handler) => keys.handler_anchor(handler),
        });
        node(
            &mut svg,
            &layout,
            at,
            (widths[at], label, graph.label(catalog, at)),
            graph.nodes[at],
            link,
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn node(
    svg: &mut String,
    layout: &Layout,
    at: usize,
    (width, label, title): (f64, &str, &str),
    kind: Node,
    link: Option<String>,
) {
    let (x, y) = layout.nodes[at];
    let (class, radius) = match kind {
        Node::Event(_) => ("event", HEIGHT / 2.0),
        Node::Handler(_) => ("handler", 4.0),
    };
    let (top, middle) = (y - HEIGHT / 2.0, x + width / 2.0);
    let (label, title) = (escape(label), escape(title));
    let shape = format!(
        "<g class=\"{class}\"><title>{title}</title><rect x=\"{x}\" y=\"{top}\" width=\"{width}\" \
         height=\"{HEIGHT}\" rx=\"{radius}\"/><text x=\"{middle}\" y=\"{y}\">{label}</text></g>"
    );
    let _ = match link {
        Some(anchor) => writeln!(svg, "<a href=\"#{}\">{shape}</a>", escape(&anchor)),
        None => writeln!(svg, "{shape}"),
    };
}

/// Returns a path through points: curves between layers, and straight lines through them.
fn curve(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    let mut last: Option<(f64, f64)> = None;
    for &(x, y) in points {
        let _ = match last {
            None => write!(path, "M{x:.1} {y:.1}"),
            Some((_, before)) if (before - y).abs() < 0.05 => write!(path, "L{x:.1} {y:.1}"),
            Some((left, before)) => {
                let reach = if x > left { (x - left) / 2.0 } else { 48.0 };
                let (first, second) = (left + reach, x - reach);
                write!(
                    path,
                    "C{first:.1} {before:.1} {second:.1} {y:.1} {x:.1} {y:.1}"
                )
            }
        };
        last = Some((x, y));
    }
    path
}

/// Returns a label without its middle if it is too long.
fn shortened(label: &str) -> String {
    let count = label.chars().count();
    if count <= MAX_LABEL {
        return label.to_owned();
    }
    let half = MAX_LABEL / 2;
    let start: String = label.chars().take(half - 1).collect();
    let end: String = label.chars().skip(count - half).collect();
    format!("{start}…{end}")
}
