//! Checks of a registry before its first dispatch.

use std::any::TypeId;
use std::collections::HashMap;

use thiserror::Error;

use super::discovery;
use super::emissions::{self, Emission, EmissionCycle};
use super::entry::HandlerRef;
use super::registry::Registry;
use crate::error::joined;
use crate::pattern;

/// The result of a check that found no issues.
///
/// ```
/// use eventkit::{Event, Registry};
///
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.register("co.outcome.order.placd", |_: &Event| {});
///
/// let report = SHOP.check()?;
/// let [unmatched] = report.unmatched_patterns() else { panic!("one pattern is misspelled") };
/// assert_eq!(unmatched.pattern, "co.outcome.order.placd");
/// assert!(report.cycles().is_empty());
/// # Ok::<(), eventkit::CheckError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistryReport {
    unmatched_patterns: Vec<UnmatchedPattern>,
    unhandled_emissions: Vec<Emission>,
    cycles: Vec<EmissionCycle>,
}

/// A type or pattern of a handler that matches no known event type.
///
/// It may be misspelled, unless the events come from another program.
///
/// [`RegistryReport`] lists these patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnmatchedPattern {
    /// The handler and its location.
    pub handler: String,
    /// The type or pattern.
    pub pattern: String,
}

impl RegistryReport {
    /// Returns the types and patterns of envelope handlers that match no known event type.
    ///
    /// Known event types are those of the typed handlers of the registry and, with the feature
    /// `discovery`, those of all derived types of the program.
    #[must_use]
    pub fn unmatched_patterns(&self) -> &[UnmatchedPattern] {
        &self.unmatched_patterns
    }

    /// Returns the event types that handlers [emit](super::Handler::emits) but no handler of the
    /// registry handles.
    ///
    /// A handler with a pattern handles all types that it matches, so with a log of `"*"`, no event
    /// type is unhandled. To find the types that only such a handler takes, go through the handlers:
    ///
    /// ```standalone_crate
    /// use eventkit::{CloudEvent, Event, Registry};
    /// # use serde::{Deserialize, Serialize};
    /// #
    /// # #[derive(Serialize, Deserialize, CloudEvent)]
    /// # #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
    /// # struct OrderPlaced;
    /// #
    /// # #[derive(Serialize, Deserialize, CloudEvent)]
    /// # #[cloudevent(type = "co.outcome.order.shipped", source = "/shop")]
    /// # struct OrderShipped;
    ///
    /// let shop = Registry::new("shop");
    /// shop.register_typed(|_order: &OrderPlaced| OrderShipped);
    /// shop.register("*", |event: &Event| println!("{event}"));
    /// assert_eq!(shop.check()?.unhandled_emissions(), []);
    ///
    /// let typed = || shop.handlers().filter(|handler| handler.event_name().is_some());
    /// let mut emitted = shop.handlers().flat_map(|handler| handler.emits());
    /// let unhandled = emitted.find(|ty| !typed().any(|handler| handler.handles(ty)));
    /// assert_eq!(unhandled, Some(OrderShipped::TYPE));
    /// # Ok::<(), eventkit::CheckError>(())
    /// ```
    #[must_use]
    pub fn unhandled_emissions(&self) -> &[Emission] {
        &self.unhandled_emissions
    }

    /// Returns the cycles of handlers in which each handler emits an event that the next one
    /// handles.
    #[must_use]
    pub fn cycles(&self) -> &[EmissionCycle] {
        &self.cycles
    }
}

/// The error returned by a check, with all issues of the registry.
///
/// ```
/// use eventkit::{Registry, RegistryIssue};
///
/// static SHOP: Registry = Registry::new("shop");
///
/// let Err(error) = SHOP.expect(["receipts::send"]) else { panic!("no handler is linked in") };
/// assert_eq!(error.issues(), [RegistryIssue::Missing("receipts::send".to_owned())]);
/// ```
#[derive(Debug, Error)]
#[error("registry `{registry}`: {}", joined(issues))]
pub struct CheckError {
    registry: &'static str,
    issues: Vec<RegistryIssue>,
}

/// An issue of a registry.
///
/// [`CheckError::issues`] lists them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegistryIssue {
    /// Two Rust types have the same event type.
    #[error("{ty:?} is the event type of both `{first}` and `{second}`")]
    TwoTypes {
        /// The event type.
        ty: String,
        /// The name of one Rust type.
        first: &'static str,
        /// The name of the other.
        second: &'static str,
    },
    /// An expected handler is not in the registry.
    #[error(
        "no handler `{0}` is linked into the program: refer to its crate, for example with `use {krate} as _;`, or add the handler with `handlers!`",
        krate = .0.split("::").next().unwrap_or_default()
    )]
    Missing(String),
}

impl CheckError {
    /// Returns all issues.
    #[must_use]
    pub fn issues(&self) -> &[RegistryIssue] {
        &self.issues
    }
}

impl Registry {
    /// Checks for mistakes that the compiler cannot find: two Rust types with the same event type,
    /// if the registry has a typed handler for it.
    ///
    /// The returned report lists what may be a mistake:
    /// [patterns](RegistryReport::unmatched_patterns) that match no event type,
    /// [emissions](RegistryReport::unhandled_emissions) without a handler, and
    /// [cycles](RegistryReport::cycles).
    ///
    /// # Errors
    ///
    /// Returns an error if there are issues; the error lists all of them.
    pub fn check(&self) -> Result<RegistryReport, CheckError> {
        let handlers: Vec<HandlerRef> = self.handlers().collect();
        let types = known_types(&handlers);
        self.result(conflicting_types(&handlers, &types))?;
        Ok(RegistryReport {
            unmatched_patterns: unmatched_patterns(&handlers, &types),
            unhandled_emissions: emissions::unhandled(&handlers),
            cycles: emissions::cycles(&handlers),
        })
    }

    /// Checks that the registry has handlers with these paths; each path names a function,
    /// a module or a crate.
    ///
    /// A linker omits a crate that no code refers to, together with its handlers. A program that
    /// relies on such handlers calls this function at startup.
    ///
    /// # Errors
    ///
    /// Returns an error if no handler of the registry has one of the paths, or is in such a module
    /// or crate.
    pub fn expect<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> Result<(), CheckError> {
        let handlers: Vec<HandlerRef> = self.handlers().collect();
        let is_there = |path: &&str| {
            handlers.iter().any(|handler| {
                let rest = handler.name().strip_prefix(path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            })
        };
        let missing = paths.into_iter().filter(|path| !is_there(path));
        let issues = missing.map(|path| RegistryIssue::Missing(path.to_owned()));
        self.result(issues.collect())
    }

    fn result(&self, issues: Vec<RegistryIssue>) -> Result<(), CheckError> {
        if issues.is_empty() {
            return Ok(());
        }
        Err(CheckError {
            registry: self.name(),
            issues,
        })
    }
}

/// A Rust type with one event type: the event type, and the id and name of the Rust type.
type KnownType = (&'static str, TypeId, &'static str);

/// Returns all known Rust types that have one event type each.
fn known_types(handlers: &[HandlerRef]) -> Vec<KnownType> {
    let derived = discovery::event_types().iter().copied();
    let handled = handlers.iter().filter_map(|handler| handler.typed());
    let single = derived.chain(handled).filter(|typed| !typed.closed_set);
    let known = single.flat_map(|typed| {
        let types = typed.types.iter();
        types.map(move |ty| (*ty, typed.id, (typed.name)()))
    });
    known.collect()
}

fn conflicting_types(handlers: &[HandlerRef], types: &[KnownType]) -> Vec<RegistryIssue> {
    let mut owners: HashMap<&str, (TypeId, &'static str)> = HashMap::new();
    let mut issues = Vec::new();
    let is_taken = |ty: &str| {
        handlers
            .iter()
            .any(|handler| handler.typed().is_some() && handler.handles(ty))
    };
    for (ty, id, name) in types.iter().filter(|(ty, ..)| is_taken(ty)) {
        let (first_id, first) = *owners.entry(ty).or_insert((*id, name));
        let issue = RegistryIssue::TwoTypes {
            ty: (*ty).to_owned(),
            first,
            second: name,
        };
        if first_id != *id && !issues.contains(&issue) {
            issues.push(issue);
        }
    }
    issues
}

fn unmatched_patterns(handlers: &[HandlerRef], types: &[KnownType]) -> Vec<UnmatchedPattern> {
    let is_known = |pattern: &str| types.iter().any(|(ty, ..)| pattern::matches(pattern, ty));
    let envelope = handlers.iter().filter(|handler| handler.typed().is_none());
    let unmatched = envelope.flat_map(|handler| {
        let patterns = handler.patterns();
        let unknown = patterns.filter(|pattern| *pattern != "*" && !is_known(pattern));
        unknown.map(|pattern| UnmatchedPattern {
            handler: handler.to_string(),
            pattern: pattern.to_owned(),
        })
    });
    unmatched.collect()
}
