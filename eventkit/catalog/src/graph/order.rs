//! The order of nodes within their layers, with few crossings of edges.

/// The number of passes over the layers.
const PASSES: usize = 12;

/// Orders the nodes of each layer by the average position of their neighbours. `links` are the edges between
/// adjacent layers.
pub(super) fn order(layers: &mut [Vec<usize>], links: &[(usize, usize)]) {
    let count = layers.iter().flatten().max().map_or(0, |most| most + 1);
    let [mut before, mut after] = [vec![Vec::new(); count], vec![Vec::new(); count]];
    for &(from, to) in links {
        after[from].push(to);
        before[to].push(from);
    }
    let mut best = layers.to_vec();
    let mut fewest = crossings(&best, &after);
    for pass in 0..PASSES {
        let downwards = pass % 2 == 0;
        let neighbours = if downwards { &before } else { &after };
        let indices: Vec<usize> = if downwards {
            (1..layers.len()).collect()
        } else {
            (0..layers.len().saturating_sub(1)).rev().collect()
        };
        for index in indices {
            let other = if downwards { index - 1 } else { index + 1 };
            let places = places(&layers[other], count);
            sort(&mut layers[index], neighbours, &places);
        }
        let now = crossings(layers, &after);
        if now < fewest {
            fewest = now;
            best = layers.to_vec();
        }
    }
    layers.clone_from_slice(&best);
}

fn places(layer: &[usize], count: usize) -> Vec<usize> {
    let mut places = vec![0; count];
    for (place, node) in layer.iter().enumerate() {
        places[*node] = place;
    }
    places
}

/// Sorts by the average place of the neighbours; nodes without neighbours keep their place.
fn sort(layer: &mut [usize], neighbours: &[Vec<usize>], places: &[usize]) {
    #[expect(clippy::cast_precision_loss, reason = "places are small")]
    let average = |own: usize, node: usize| {
        let all = &neighbours[node];
        let sum: usize = all.iter().map(|other| places[*other]).sum();
        if all.is_empty() {
            own as f64
        } else {
            sum as f64 / all.len() as f64
        }
    };
    let mut keyed: Vec<(f64, usize)> = layer
        .iter()
        .enumerate()
        .map(|(own, node)| (average(own, *node), *node))
        .collect();
    keyed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    for (place, (_, node)) in layer.iter_mut().zip(keyed) {
        *place = node;
    }
}

fn crossings(layers: &[Vec<usize>], after: &[Vec<usize>]) -> usize {
    let mut crossings = 0;
    for pair in layers.windows(2) {
        let places = places(&pair[1], after.len());
        let ends = pair[0].iter().map(|node| {
            let mut ends: Vec<usize> = after[*node].iter().map(|to| places[*to]).collect();
            ends.sort_unstable();
            ends
        });
        let ends: Vec<usize> = ends.flatten().collect();
        crossings += inversions(&ends, pair[1].len());
    }
    crossings
}

/// Returns how many numbers below a limit follow a greater one, counted for each of these.
///
/// Handlers of patterns have thousands of edges, so not all pairs are compared: the numbers so far are in a Fenwick
/// tree, whose nodes each count a range of them.
fn inversions(numbers: &[usize], limit: usize) -> usize {
    let mut tree = vec![0; limit + 1];
    let mut inversions = 0;
    for (at, number) in numbers.iter().enumerate() {
        let mut not_greater = 0;
        let mut node = number + 1;
        while node > 0 {
            not_greater += tree[node];
            node &= node - 1;
        }
        inversions += at - not_greater;
        let mut node = number + 1;
        while node <= limit {
            tree[node] += 1;
            node += node & node.wrapping_neg();
        }
    }
    inversions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inversions_are_the_pairs_in_descending_order() {
        for (numbers, expected) in [
            (&[][..], 0),
            (&[0, 1, 2, 2, 5], 0),
            (&[5, 2, 2, 0], 5),
            (&[3, 0, 3, 1, 2, 0], 9),
        ] {
            assert_eq!(inversions(numbers, 6), expected, "{numbers:?}");
        }
    }
}
