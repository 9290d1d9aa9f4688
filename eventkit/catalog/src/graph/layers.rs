//! The layers of the graph: an edge leads from a lower layer to a higher one, except where it closes a cycle.

/// Returns the layer of each node: the length of the longest path that leads to it.
pub(super) fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let next = without_cycles(count, edges);
    let mut missing = vec![0; count];
    for &to in next.iter().flatten() {
        missing[to] += 1;
    }
    let mut layers = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|node| missing[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for &to in &next[node] {
            layers[to] = layers[to].max(layers[node] + 1);
            missing[to] -= 1;
            if missing[to] == 0 {
                ready.push(to);
            }
        }
    }
    layers
}

/// Returns the successors of each node, without the edges that close a cycle.
fn without_cycles(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let all = |node| {
        edges
            .iter()
            .filter(move |(from, _)| *from == node)
            .map(|(_, to)| *to)
    };
    let mut next = vec![Vec::new(); count];
    let mut states = vec![State::New; count];
    let is_entry = |node: &usize| edges.iter().all(|(_, to)| to != node);
    // Nodes without predecessors first, so that cycles are entered where the program enters them.
    let starts = (0..count).filter(is_entry).chain(0..count);
    for start in starts.collect::<Vec<_>>() {
        if states[start] != State::New {
            continue;
        }
        states[start] = State::Open;
        let mut path = vec![(start, all(start))];
        while let Some((node, successors)) = path.last_mut() {
            let node = *node;
            let Some(to) = successors.next() else {
                states[node] = State::Done;
                path.pop();
                continue;
            };
            if states[to] != State::Open {
                next[node].push(to);
            }
            if states[to] == State::New {
                states[to] = State::Open;
                path.push((to, all(to)));
            }
        }
    }
    next
}
