//! The coordinates of nodes and edges.

use super::layers::layers;
use super::order::order;

/// The height of a node.
pub(super) const HEIGHT: f64 = 32.0;
/// The vertical distance between nodes.
const GAP: f64 = 16.0;
/// The vertical distance between edges that pass a layer.
const EDGE_GAP: f64 = 8.0;
/// The horizontal distance between layers.
const LAYER_GAP: f64 = 44.0;
/// The margin around the graph.
const MARGIN: f64 = 12.0;

/// A graph with coordinates.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The left edge and the vertical centre of each node.
    pub(super) nodes: Vec<(f64, f64)>,
    /// The points of each edge.
    pub(super) edges: Vec<Vec<(f64, f64)>>,
}

/// The graph with a place for each edge in each layer that it passes.
struct Expanded {
    layers: Vec<Vec<usize>>,
    /// The edges between adjacent layers.
    links: Vec<(usize, usize)>,
    /// The places that each edge passes, from its left end to its right end.
    chains: Vec<Vec<usize>>,
}

/// Returns the layout of nodes with the given widths.
pub(super) fn layout(widths: &[f64], edges: &[(usize, usize)]) -> Layout {
    let layer_of = layers(widths.len(), edges);
    let mut expanded = expand(&layer_of, edges);
    order(&mut expanded.layers, &expanded.links);
    let count = expanded.layers.iter().map(Vec::len).sum();
    let mut positions = vec![(0.0, 0.0); count];
    let width_of = |node: usize| widths.get(node).copied().unwrap_or(0.0);
    let heights = expanded
        .layers
        .iter()
        .map(|layer| height(layer, widths.len()));
    let tallest = heights.fold(0.0, f64::max);
    let mut left = MARGIN;
    let mut columns = vec![0.0; count];
    for layer in &expanded.layers {
        let widest = layer.iter().map(|node| width_of(*node)).fold(0.0, f64::max);
        let mut top = MARGIN + (tallest - height(layer, widths.len())) / 2.0;
        for &node in layer {
            let own = if node < widths.len() { HEIGHT } else { 0.0 };
            let inset = (widest - width_of(node)) / 2.0;
            positions[node] = (left + inset, top + own / 2.0);
            columns[node] = widest;
            top += own + gap(node, widths.len());
        }
        left += widest + LAYER_GAP;
    }
    let points = |chain: &Vec<usize>| {
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        let mut points = vec![(positions[first].0 + width_of(first), positions[first].1)];
        for &node in &chain[1..chain.len() - 1] {
            let (x, y) = positions[node];
            let half = columns[node] / 2.0;
            points.extend([(x - half, y), (x + half, y)]);
        }
        points.push(positions[last]);
        points
    };
    let routes = expanded
        .chains
        .iter()
        .zip(edges)
        .map(|(chain, (from, to))| {
            if layer_of[*from] < layer_of[*to] {
                points(chain)
            } else {
                back(&positions, &width_of, *from, *to)
            }
        });
    let edges = routes.collect();
    Layout {
        width: (left - LAYER_GAP).max(0.0) + MARGIN,
        height: tallest + 2.0 * MARGIN,
        nodes: positions[..widths.len()].to_vec(),
        edges,
    }
}

/// Returns the points of an edge that leads to the same or a lower layer: from the right end of one node to
/// the left end of the other.
fn back(
    positions: &[(f64, f64)],
    width_of: &dyn Fn(usize) -> f64,
    from: usize,
    to: usize,
) -> Vec<(f64, f64)> {
    vec![
        (positions[from].0 + width_of(from), positions[from].1),
        positions[to],
    ]
}

fn gap(node: usize, real: usize) -> f64 {
    if node < real { GAP } else { EDGE_GAP }
}

fn height(layer: &[usize], real: usize) -> f64 {
    let all = layer
        .iter()
        .map(|node| gap(*node, real) + if *node < real { HEIGHT } else { 0.0 });
    let last = layer.last().map_or(0.0, |node| gap(*node, real));
    all.sum::<f64>() - last
}

fn expand(layer_of: &[usize], edges: &[(usize, usize)]) -> Expanded {
    let count = layer_of.iter().max().map_or(0, |most| most + 1);
    let mut layers = vec![Vec::new(); count];
    for (node, layer) in layer_of.iter().enumerate() {
        layers[*layer].push(node);
    }
    let mut next = layer_of.len();
    let (mut links, mut chains) = (Vec::new(), Vec::new());
    for &(from, to) in edges {
        let mut chain = vec![from];
        for layer in layers
            .iter_mut()
            .take(layer_of[to])
            .skip(layer_of[from] + 1)
        {
            layer.push(next);
            chain.push(next);
            next += 1;
        }
        chain.push(to);
        if layer_of[from] < layer_of[to] {
            links.extend(chain.windows(2).map(|pair| (pair[0], pair[1])));
        }
        chains.push(chain);
    }
    Expanded {
        layers,
        links,
        chains,
    }
}
