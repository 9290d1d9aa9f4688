//! The vendor-specific state of a trace.

use std::fmt;
use std::str::FromStr;

use crate::event::AttributeError;

pub(super) const EXPECTED: &str =
    "up to 32 members such as rojo=00f067aa0ba902b7, each key once (W3C Trace Context, 3.3)";

/// The maximum number of members.
const MAX_MEMBERS: usize = 32;

/// The state that tracing systems pass along with a [`TraceParent`](super::TraceParent): a list of
/// keys and values.
///
/// The text is checked by W3C Trace Context (3.3), and kept unchanged.
///
/// ```
/// use eventkit::extension::TraceState;
///
/// let state: TraceState = "rojo=00f067aa0ba902b7, congo@eu=t61rcWkgMzE".parse()?;
/// assert_eq!(state.get("congo@eu"), Some("t61rcWkgMzE"));
/// assert_eq!(state.iter().count(), 2);
/// # Ok::<(), eventkit::event::AttributeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TraceState(String);

impl TraceState {
    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter()
            .find(|(own, _)| *own == key)
            .map(|(_, value)| value)
    }

    /// Returns the keys and values in order, most recent first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        members(&self.0).filter_map(|member| member.split_once('='))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the non-empty members of a list.
fn members(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(|member| member.trim_matches([' ', '\t']))
        .filter(|member| !member.is_empty())
}

fn is_valid(text: &str) -> bool {
    let mut keys: Vec<&str> = Vec::new();
    for member in members(text) {
        let Some((key, value)) = member.split_once('=') else {
            return false;
        };
        if keys.len() == MAX_MEMBERS || !is_key(key) || !is_value(value) || keys.contains(&key) {
            return false;
        }
        keys.push(key);
    }
    true
}

/// Checks a key: a system, or a tenant with `@` and a system (3.3.1.3.1).
fn is_key(key: &str) -> bool {
    let rest = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/');
    let part = |part: &str, max_len: usize, digit_first: bool| {
        let first = part.bytes().next();
        let starts = first
            .is_some_and(|byte| byte.is_ascii_lowercase() || digit_first && byte.is_ascii_digit());
        starts && part.len() <= max_len && part.bytes().all(rest)
    };
    match key.split_once('@') {
        Some((tenant, system)) => part(tenant, 241, true) && part(system, 14, false),
        None => part(key, 256, false),
    }
}

/// Checks a value: printable ASCII without comma and equals sign, not ending with a space
/// (3.3.1.3.2).
fn is_value(value: &str) -> bool {
    let allowed = |byte| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=';
    (1..=256).contains(&value.len()) && value.bytes().all(allowed) && !value.ends_with(' ')
}

impl FromStr for TraceState {
    type Err = AttributeError;

    fn from_str(text: &str) -> Result<Self, AttributeError> {
        if is_valid(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AttributeError::new(text, EXPECTED))
        }
    }
}

impl fmt::Display for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
