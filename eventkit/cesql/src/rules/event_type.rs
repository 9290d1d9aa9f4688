//! Event types and patterns of them.

/// Reason why a text is not an event type or pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTypeError {
    Empty,
    /// A segment consists of a `*` and other characters.
    PartialWildcard,
}

/// Checks an event type, or a pattern in which whole segments between dots may be `*`.
///
/// # Errors
///
/// Returns an error if the text is empty, or a `*` is only part of a segment.
pub fn check_pattern(text: &str) -> Result<(), EventTypeError> {
    let mut segments = text.split('.');
    if text.is_empty() {
        Err(EventTypeError::Empty)
    } else if segments.any(|segment| segment.len() > 1 && segment.contains('*')) {
        Err(EventTypeError::PartialWildcard)
    } else {
        Ok(())
    }
}
