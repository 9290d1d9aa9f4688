//! What a registry can tell about itself before the first event.

use std::any::TypeId;
use std::collections::HashMap;

use super::discovery;
use super::error::{CheckError, Problem};
use super::handler_list::HandlerRef;
use crate::pattern;

/// Holds what a sound registry still wants looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    orphans: Vec<Orphan>,
}

/// Is a type or pattern that some handler names, but that no known Rust type has.
///
/// That is right where the events come from elsewhere, and a slip of the pen where they do not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Orphan {
    /// The handler, with its location.
    pub handler: String,
    /// The type or pattern.
    pub pattern: String,
}

impl Check {
    /// Returns the types and patterns of envelope handlers that no known Rust type has.
    ///
    /// Rust types are known by their derive, with the feature `discovery`, and by the typed
    /// handlers of the registry.
    #[must_use]
    pub fn orphans(&self) -> &[Orphan] {
        &self.orphans
    }
}

pub(super) fn check(registry: &'static str, handlers: &[HandlerRef]) -> Result<Check, CheckError> {
    let types = known_types(handlers);
    let mut owners: HashMap<&str, (TypeId, &'static str)> = HashMap::new();
    let mut problems = Vec::new();
    let is_taken = |ty: &str| {
        handlers
            .iter()
            .any(|handler| handler.typed.is_some() && handler.handles(ty))
    };
    for (ty, id, name) in types.iter().filter(|(ty, ..)| is_taken(ty)) {
        let (first_id, first) = *owners.entry(ty).or_insert((*id, name));
        if first_id != *id {
            let problem = Problem::TwoTypes {
                ty: (*ty).to_owned(),
                first,
                second: name,
            };
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    if !problems.is_empty() {
        return Err(CheckError::new(registry, problems));
    }
    let is_known = |pattern: &str| types.iter().any(|(ty, ..)| pattern::matches(pattern, ty));
    let envelope = handlers.iter().filter(|handler| handler.typed.is_none());
    let orphans = envelope.flat_map(|handler| {
        let unknown = handler
            .patterns()
            .filter(|pattern| *pattern != "*" && !is_known(pattern));
        unknown.map(|pattern| Orphan {
            handler: handler.to_string(),
            pattern: pattern.to_owned(),
        })
    });
    Ok(Check {
        orphans: orphans.collect(),
    })
}

/// Returns the event types of all Rust types that are one each.
fn known_types(handlers: &[HandlerRef]) -> Vec<(&'static str, TypeId, &'static str)> {
    let derived = discovery::event_types()
        .iter()
        .map(|entry| (entry.ty, (entry.id)(), (entry.name)()));
    let typed = handlers
        .iter()
        .filter_map(|handler| handler.typed)
        .filter(|typed| !typed.closed_set);
    let handled = typed.flat_map(|typed| {
        typed
            .types
            .iter()
            .map(move |ty| (*ty, (typed.id)(), (typed.name)()))
    });
    derived.chain(handled).collect()
}
