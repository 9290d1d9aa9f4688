//! The extension attributes of an event.

use std::borrow::Cow;
use std::fmt;

use smallvec::SmallVec;

use super::attribute::AttributeValue;

/// Names and values of extensions. Most events have at most one, which is stored inline.
pub(crate) type Entries = SmallVec<[(Cow<'static, str>, AttributeValue); 1]>;

/// The extension attributes of an event, sorted by name.
///
/// An [`EventBuilder`](super::EventBuilder) and the setters of [`Event`](super::Event) create it
/// and check names and values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Extensions {
    entries: Entries,
}

impl Extensions {
    /// Returns the value of an extension.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.position(name).ok().map(|at| &self.entries[at].1)
    }

    /// Returns whether an extension has this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    /// Returns the number of extensions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there are no extensions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns an iterator over names and values, in the order of the names.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.entries.iter())
    }

    /// Creates the set from entries in any order. The last entry of a name wins.
    pub(crate) fn from_entries(mut entries: Entries) -> Self {
        settle(&mut entries);
        Self { entries }
    }

    /// Creates the set from entries that are already [settled](settle).
    pub(crate) fn from_settled(entries: Entries) -> Self {
        Self { entries }
    }

    pub(crate) fn insert(
        &mut self,
        name: Cow<'static, str>,
        value: AttributeValue,
    ) -> Option<AttributeValue> {
        match self.position(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.entries[at].1, value)),
            Err(at) => {
                self.entries.insert(at, (name, value));
                None
            }
        }
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<AttributeValue> {
        self.position(name).ok().map(|at| self.entries.remove(at).1)
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.entries
            .binary_search_by(|(own, _)| own.as_ref().cmp(name))
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// Sorts entries by name, and keeps the last entry of each name.
pub(crate) fn settle(entries: &mut Entries) {
    if entries.len() > 1 {
        // The sort is stable and deduplication keeps the first entry of a name, so reverse first.
        entries.reverse();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.dedup_by(|(a, _), (b, _)| a == b);
    }
}

/// An iterator over the extensions of an event, in the order of their names.
///
/// ```
/// use eventkit::Event;
///
/// let event = Event::builder().source("/shop").ty("t").extension("region", "eu").build()?;
/// for (name, value) in event.extensions() {
///     assert_eq!((name, &*value.to_text()), ("region", "eu"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Iter<'a>(std::slice::Iter<'a, (Cow<'static, str>, AttributeValue)>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a AttributeValue);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_ref(), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Extensions {
    type Item = (&'a str, &'a AttributeValue);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The names of the documented extensions. Each has a type in [`extension`](mod@crate::extension).
pub(crate) const DOCUMENTED: [&str; 16] = [
    "authclaims",
    "authid",
    "authtype",
    "causationid",
    "correlationid",
    "dataref",
    "expirytime",
    "partitionkey",
    "recordedtime",
    "sampledrate",
    "sequence",
    "sequencetype",
    "severitynumber",
    "severitytext",
    "traceparent",
    "tracestate",
];

/// Returns the name of a documented extension as a `'static` string.
pub(crate) fn documented(extension: &str) -> Option<&'static str> {
    let mut documented = DOCUMENTED.into_iter();
    documented.find(|name| *name == extension)
}
