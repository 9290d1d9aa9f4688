//! Routing from event types to handlers.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::decoded::TypedValue;
use super::entry::HandlerRef;
use super::handler::{Handler, TakenFrom};
use super::state::{FindStore, StateMap};
use super::unit_of_work::UnitOfWorkStore;
use crate::event::name;
use crate::pattern;

/// A snapshot of the handlers of a registry, by event type.
#[derive(Debug)]
pub(crate) struct RoutingTable {
    handlers: Vec<HandlerRef>,
    /// The handlers with patterns, for event types that no handler names.
    wildcards: Vec<HandlerRef>,
    /// The routes of the event types that handlers name.
    by_name: HashMap<String, Arc<Route>, foldhash::fast::FixedState>,
    /// The routes of Rust types that have one event type, sorted.
    by_type: Vec<(TypeId, Arc<Route>)>,
    states: Arc<StateMap>,
}

impl RoutingTable {
    pub(super) fn new(mut handlers: Vec<HandlerRef>, states: StateMap) -> Self {
        handlers.sort_by(HandlerRef::compare);
        let routes = by_event_type(&handlers).into_iter();
        let by_name: HashMap<String, Arc<Route>, _> = routes
            .map(|(ty, handlers)| (ty.to_owned(), Arc::new(Route::new(ty, handlers, &states))))
            .collect();
        let single = handlers.iter().filter_map(|handler| match handler.typed() {
            Some(typed) if !typed.closed_set => Some((typed.id, typed.types.first()?)),
            _ => None,
        });
        let mut by_type: Vec<_> = single
            .filter_map(|(id, ty)| Some((id, Arc::clone(by_name.get(*ty)?))))
            .collect();
        by_type.sort_by_key(|(id, _)| *id);
        by_type.dedup_by_key(|(id, _)| *id);
        let has_wildcard = |handler: &&HandlerRef| {
            let takes_any = handler.typed().is_none_or(|typed| typed.has_other);
            takes_any && handler.patterns().any(pattern::has_wildcard)
        };
        Self {
            wildcards: handlers.iter().filter(has_wildcard).cloned().collect(),
            handlers,
            by_name,
            by_type,
            states: Arc::new(states),
        }
    }

    /// Returns the event types that handlers take as different Rust types, sorted.
    pub(super) fn two_types(&self) -> Vec<TwoTypes> {
        let routes = self.by_name.iter();
        let found = routes.filter_map(|(ty, route)| two_types(ty, &route.handlers));
        let mut found: Vec<TwoTypes> = found.collect();
        found.sort_by(|a, b| a.ty.cmp(&b.ty));
        found
    }

    /// Returns all handlers, in the order in which they run.
    pub(super) fn handlers(&self) -> &[HandlerRef] {
        &self.handlers
    }

    pub(super) fn states(&self) -> &Arc<StateMap> {
        &self.states
    }

    /// Returns the route of a Rust type that has one event type, if a handler takes it.
    #[inline]
    pub(super) fn typed_route(&self, id: TypeId) -> Option<Arc<Route>> {
        let found = self.by_type.binary_search_by_key(&id, |(id, _)| *id);
        found.ok().map(|index| Arc::clone(&self.by_type[index].1))
    }

    /// Returns the route of an event type, or `None` if it has no handlers.
    pub(super) fn route(&self, ty: &str) -> Option<Arc<Route>> {
        if let Some(route) = self.by_name.get(ty) {
            return Some(Arc::clone(route));
        }
        // Not cached: event types come from outside, and their number is unlimited.
        let matching = self.wildcards.iter().filter(|handler| handler.handles(ty));
        let handlers: Vec<HandlerRef> = matching.cloned().collect();
        if handlers.is_empty() {
            return None;
        }
        Some(Arc::new(Route::new(ty, handlers, &self.states)))
    }
}

/// Returns the handlers of each event type that a handler names, in the order in which they run.
fn by_event_type(handlers: &[HandlerRef]) -> BTreeMap<&str, Vec<HandlerRef>> {
    let named = handlers.iter().flat_map(|handler| named_types(handler));
    let mut types: BTreeMap<&str, Vec<HandlerRef>> = named.map(|ty| (ty, Vec::new())).collect();
    for handler in handlers {
        if handler.patterns().any(pattern::has_wildcard) {
            let matching = types.iter_mut().filter(|(ty, _)| handler.handles(ty));
            matching.for_each(|(_, own)| own.push(handler.clone()));
            continue;
        }
        for ty in named_types(handler) {
            let own = types.entry(ty).or_default();
            // A handler may name a type twice.
            if own
                .last()
                .is_none_or(|last| last.address() != handler.address())
            {
                own.push(handler.clone());
            }
        }
    }
    types
}

/// Returns the event types that a handler names, excluding patterns.
fn named_types(handler: &Handler) -> impl Iterator<Item = &str> {
    let typed = handler.typed();
    let own = typed.map_or(&[][..], |typed| typed.types);
    let named = handler
        .patterns()
        .filter(|pattern| !pattern::has_wildcard(pattern));
    own.iter()
        .copied()
        .chain(named)
        // An envelope handler handles every type that it names.
        .filter(move |ty| typed.is_none() || handler.handles(ty))
}

/// An event type that handlers take as different Rust types.
#[derive(Debug)]
pub(super) struct TwoTypes {
    pub(super) ty: String,
    pub(super) first: &'static str,
    pub(super) second: &'static str,
}

/// The reason why the handlers of a route must not run.
#[derive(Debug)]
pub(super) enum Refusal {
    /// State that is missing: the index of the handler that requires it, and the name of its type.
    MissingState(usize, &'static str),
    TwoTypes(TwoTypes),
}

/// The handlers of an event type, and their requirements.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) handlers: Vec<HandlerRef>,
    first_async: Option<usize>,
    refusal: Option<Refusal>,
    needs_event: bool,
    /// Whether any handler has a filter.
    pub(super) filtered: bool,
    /// The functions that find the store of each handler that runs in a unit of work, up to the
    /// last such handler.
    find_stores: Vec<Option<FindStore>>,
    /// The Rust type, if all handlers take its values and nothing else but state.
    only_type: Option<TypeId>,
}

impl Route {
    fn new(ty: &str, handlers: Vec<HandlerRef>, states: &StateMap) -> Self {
        let mut missing = None;
        let mut find_stores = Vec::new();
        for (index, handler) in handlers.iter().enumerate() {
            let requirements = handler.requirements();
            if missing.is_none() {
                let state = requirements.missing(states);
                missing = state.map(|state| Refusal::MissingState(index, state));
            }
            if let Some(find) = requirements.find_store() {
                find_stores.resize(index, None);
                find_stores.push(Some(find));
            }
        }
        let two_types = two_types(ty, &handlers).map(Refusal::TwoTypes);
        let needs_event = handlers
            .iter()
            .any(|handler| handler.needs_event() || filter_needs_event(handler));
        let filtered = handlers.iter().any(|handler| handler.has_filter());
        let only_type = only_type(&handlers).filter(|_| !needs_event && !filtered);
        Self {
            first_async: handlers.iter().position(|handler| handler.is_async()),
            refusal: two_types.or(missing),
            needs_event,
            filtered,
            find_stores,
            only_type,
            handlers,
        }
    }

    /// Returns whether the handlers take nothing but the value and state.
    #[inline]
    pub(super) fn takes_value_only(&self, typed: TypedValue<'_>) -> bool {
        self.only_type == Some(typed.payload_type)
    }

    /// Returns whether the value must be encoded as an envelope.
    pub(super) fn needs_event(&self, typed: TypedValue<'_>) -> bool {
        self.needs_event || self.first_taking(typed, TakenFrom::Envelope).is_some()
    }

    /// Returns the first handler that needs a clone of the value if it cannot be cloned.
    pub(super) fn first_without_clone(&self, typed: TypedValue<'_>) -> Option<&Handler> {
        self.first_taking(typed, TakenFrom::Nothing)
    }

    fn first_taking(&self, typed: TypedValue<'_>, from: TakenFrom) -> Option<&Handler> {
        let taken = |handler: &Handler| handler.typed().map(|own| own.taken_from(typed));
        let mut handlers = self.handlers.iter().map(|handler| &**handler);
        handlers.find(|handler| taken(handler) == Some(from))
    }

    /// Returns the store in whose unit of work the handler at an index runs, if it requires one.
    #[inline]
    pub(super) fn store_of<'s>(
        &self,
        index: usize,
        states: &'s StateMap,
    ) -> Option<&'s dyn UnitOfWorkStore> {
        let find = self.find_stores.get(index).copied().flatten();
        find.and_then(|find| find(states))
    }

    /// Returns the first handler that is async.
    #[inline]
    pub(super) fn first_async(&self) -> Option<&Handler> {
        self.handlers
            .get(self.first_async?)
            .map(|handler| &**handler)
    }

    /// Returns whether the handlers may run.
    #[inline]
    pub(super) fn may_run(&self) -> bool {
        self.refusal.is_none()
    }

    /// Returns the reason why the handlers must not run, if there is one.
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }
}

/// Returns the first two Rust types as which handlers take the events of a type, if they differ.
fn two_types(ty: &str, handlers: &[HandlerRef]) -> Option<TwoTypes> {
    let own = |handler: &HandlerRef| handler.typed()?.type_of(ty);
    let mut types = handlers.iter().filter_map(own);
    let (id, first) = types.next()?;
    let (_, second) = types.find(|(other, _)| *other != id)?;
    let ty = ty.to_owned();
    Some(TwoTypes { ty, first, second })
}

/// Returns the Rust type if all handlers take the same one, and any of its values.
fn only_type(handlers: &[HandlerRef]) -> Option<TypeId> {
    let first = handlers.first()?.typed()?.id;
    let takes = |handler: &HandlerRef| {
        let typed = handler.typed();
        typed.is_some_and(|typed| typed.id == first && typed.takes_any_value())
    };
    handlers.iter().all(takes).then_some(first)
}

/// Returns whether the filter reads an attribute that a typed value only gets as an envelope.
fn filter_needs_event(handler: &Handler) -> bool {
    let filter = handler.filter();
    filter.is_some_and(|filter| filter.looks_at(name::ID) || filter.looks_at(name::TIME))
}
