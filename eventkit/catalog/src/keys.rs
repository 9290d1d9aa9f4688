//! Keys and anchors of events and handlers, from a set of characters that all documents allow.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::handler::HandlerInfo;

/// The keys of event types, and of handlers by their position.
#[derive(Debug)]
pub(crate) struct Keys {
    events: BTreeMap<String, String>,
    handlers: Vec<String>,
}

impl Keys {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let mut used = BTreeSet::new();
        let types = catalog.events().iter().map(|event| &event.ty);
        let keys = types.map(|ty| (ty.clone(), unique(&sanitized(ty), &mut used)));
        let events = keys.collect();
        let mut used = BTreeSet::new();
        let names = catalog.handlers().iter().map(HandlerInfo::short_name);
        let handlers = names
            .map(|name| unique(&sanitized(name), &mut used))
            .collect();
        Self { events, handlers }
    }

    /// Returns the key of an event type.
    pub(crate) fn event(&self, ty: &str) -> &str {
        self.events.get(ty).map_or("", String::as_str)
    }

    /// Returns the anchor of an event type in the page.
    pub(crate) fn event_anchor(&self, ty: &str) -> String {
        format!("event-{}", self.event(ty))
    }

    /// Returns the anchor of a handler in the page.
    pub(crate) fn handler_anchor(&self, at: usize) -> String {
        let key = self.handlers.get(at).map_or("", String::as_str);
        format!("handler-{key}")
    }
}

/// Returns the name with each character that a key cannot contain replaced.
pub(crate) fn sanitized(name: &str) -> String {
    let allowed = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_');
    let chars = name.chars();
    chars
        .map(|char| if allowed(char) { char } else { '_' })
        .collect()
}

/// Returns the key, with a number if it is used already.
pub(crate) fn unique(key: &str, used: &mut BTreeSet<String>) -> String {
    let mut candidate = key.to_owned();
    let mut number = 2;
    while !used.insert(candidate.clone()) {
        candidate = format!("{key}-{number}");
        number += 1;
    }
    candidate
}

/// Returns a reference to a part of the document.
pub(crate) fn pointer(path: &[&str]) -> String {
    let steps = path
        .iter()
        .map(|step| step.replace('~', "~0").replace('/', "~1"));
    steps.fold("#".to_owned(), |pointer, step| format!("{pointer}/{step}"))
}
