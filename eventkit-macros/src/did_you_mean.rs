//! Suggestions for misspelled keys.

use strsim::osa_distance;

/// Returns the known key that is most similar to a misspelled one, if any is similar enough.
///
/// Case and underscores are ignored. Short keys may differ by one letter, longer ones by two. With
/// a larger distance, new names would be rejected as misspelled.
pub(crate) fn did_you_mean<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let written = letters(written);
    let similar = known.iter().filter_map(|key| {
        let distance = osa_distance(&written, &letters(key));
        let same_start = written.chars().next() == key.chars().next();
        let allowed = if key.len() > 5 && same_start { 2 } else { 1 };
        // Half of all names of two or three letters are similar to a key of two letters.
        let allowed = if key.len() < 3 { 0 } else { allowed };
        (distance <= allowed).then_some((distance, *key))
    });
    similar
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

fn letters(key: &str) -> String {
    let chars = key.chars().filter(|c| *c != '_');
    chars.map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    const KNOWN: [&str; 4] = ["id", "type", "source", "datacontenttype"];

    #[test]
    fn misspelt_keys_find_their_key() {
        for (written, known) in [
            ("typ", "type"),
            ("tpye", "type"),
            ("Type", "type"),
            ("sauce", "source"),
            ("data_content_type", "datacontenttype"),
            ("datacontent_type", "datacontenttype"),
            ("ID", "id"),
        ] {
            assert_eq!(did_you_mean(written, &KNOWN), Some(known), "{written}");
        }
    }

    #[test]
    fn names_unlike_any_key_get_no_suggestion() {
        for written in ["traceparent", "sequence", "tenant", "kid", "tier", "force"] {
            assert_eq!(did_you_mean(written, &KNOWN), None, "{written}");
        }
    }
}
