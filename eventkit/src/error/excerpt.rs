//! Excerpts of values in error messages.

/// The maximum length of an excerpt in a message, in characters.
const MAX_EXCERPT_CHARS: usize = 60;

/// Truncates a value for a message.
pub(crate) fn truncate(value: &str) -> String {
    match value.char_indices().nth(MAX_EXCERPT_CHARS) {
        Some((cut, _)) => format!("{}…", &value[..cut]),
        None => value.to_owned(),
    }
}
