//! Finds the key that a misspelt one was meant to be.

/// Returns the known key that the written one is most likely a slip of.
///
/// Case and underscores do not count. Short keys differ by one letter at most, longer ones by two:
/// any closer guess would take a fresh name for a slip.
pub(crate) fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let written = plain(written);
    let slips = known.iter().filter_map(|key| {
        let distance = strsim::osa_distance(&written, &plain(key));
        let same_start = written.chars().next() == key.chars().next();
        let allowed = if key.len() > 5 && same_start { 2 } else { 1 };
        // Of a key of two letters, half the names of two or three letters would be a slip.
        let allowed = if key.len() < 3 { 0 } else { allowed };
        (distance <= allowed).then_some((distance, *key))
    });
    slips
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

fn plain(key: &str) -> String {
    let letters = key.chars().filter(|c| *c != '_');
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const KNOWN: [&str; 4] = ["id", "type", "source", "datacontenttype"];

    #[test]
    fn slips_find_their_key() {
        for (written, meant) in [
            ("typ", "type"),
            ("tpye", "type"),
            ("Type", "type"),
            ("sauce", "source"),
            ("data_content_type", "datacontenttype"),
            ("datacontent_type", "datacontenttype"),
            ("ID", "id"),
        ] {
            assert_eq!(nearest(written, &KNOWN), Some(meant), "{written}");
        }
    }

    #[test]
    fn names_of_their_own_are_left_alone() {
        for written in ["traceparent", "sequence", "tenant", "kid", "tier", "force"] {
            assert_eq!(nearest(written, &KNOWN), None, "{written}");
        }
    }
}
