//! Similarity of names, for suggestions in errors.

use std::mem::swap;

/// Computes the optimal string alignment distance: the number of bytes to insert, remove, replace, or
/// swap with the next one, to turn one text into the other.
#[must_use]
pub fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    // The rows of the distance matrix for the previous two prefixes of `a`, and for the current one.
    let mut before_previous = vec![0; b.len() + 1];
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    let mut current = previous.clone();
    for (i, x) in a.iter().enumerate() {
        current[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = previous[j] + usize::from(x != y);
            let mut distance = replaced.min(previous[j + 1] + 1).min(current[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                distance = distance.min(before_previous[j - 1] + 1);
            }
            current[j + 1] = distance;
        }
        swap(&mut before_previous, &mut previous);
        swap(&mut previous, &mut current);
    }
    previous[b.len()]
}

#[cfg(test)]
mod tests {
    use super::edit_distance;

    #[test]
    fn insertions_removals_replacements_and_swaps_count_once() {
        for (a, b, distance) in [
            ("", "", 0),
            ("type", "type", 0),
            ("", "abc", 3),
            ("typ", "type", 1),
            ("types", "type", 1),
            ("tape", "type", 1),
            ("tpye", "type", 1),
            ("sauce", "source", 2),
            ("ca", "abc", 3),
        ] {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
            assert_eq!(edit_distance(b, a), distance, "{b} {a}");
        }
    }
}
