//! Which handlers an event type has, worked out once.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use super::handler::Handler;
use super::handler_list::{HandlerList, HandlerRef};
use super::route::{Plain, Route, RouteRef};
use super::state::States;
use crate::pattern;

/// The routes of a registry at one moment.
#[derive(Debug)]
pub(crate) struct Table {
    handlers: Vec<HandlerRef>,
    /// Those of the handlers that stand for types which no handler names.
    wild: Vec<HandlerRef>,
    /// A route for each event type that some handler names.
    routes: Vec<Route>,
    by_name: HashMap<String, usize, foldhash::fast::FixedState>,
    /// Of the Rust types of typed handlers that are one event type.
    by_type: TypeMap<usize>,
    /// Of the Rust types whose handlers take nothing else.
    plain: TypeMap<Plain>,
    states: States,
}

impl Table {
    pub(crate) fn new(mut handlers: Vec<HandlerRef>, states: States) -> Self {
        handlers.sort_by(HandlerRef::compare);
        let mut by_name = HashMap::default();
        let mut routes = Vec::new();
        for (ty, handlers) in by_event_type(&handlers) {
            by_name.insert(ty.to_owned(), routes.len());
            routes.push(Route::new(HandlerList::lasting(handlers), &states));
        }
        let single = handlers.iter().filter_map(|handler| match handler.typed {
            Some(typed) if !typed.closed_set => Some(((typed.id)(), typed.types.first()?)),
            _ => None,
        });
        let by_type: Vec<(TypeId, usize)> = single
            .filter_map(|(id, ty)| Some((id, *by_name.get(*ty)?)))
            .collect();
        let plain = by_type
            .iter()
            .filter_map(|(id, at)| Some((*id, routes[*at].plain(*id)?)))
            .collect();
        let is_wild = |handler: &&HandlerRef| {
            handler.typed.is_none() && handler.patterns().any(pattern::is_wild)
        };
        Self {
            wild: handlers.iter().filter(is_wild).cloned().collect(),
            handlers,
            routes,
            by_name,
            by_type: TypeMap::new(by_type),
            plain: TypeMap::new(plain),
            states,
        }
    }

    pub(crate) fn handlers(&self) -> &[HandlerRef] {
        &self.handlers
    }

    pub(crate) fn states(&self) -> &States {
        &self.states
    }

    /// Returns the handlers of the one event type of a Rust type, where some take that type.
    #[inline]
    pub(crate) fn typed_route(&self, id: TypeId) -> Option<&Route> {
        self.routes.get(*self.by_type.get(id)?)
    }

    /// Returns the functions to call for a Rust type, where nothing else is left to do.
    #[inline]
    pub(crate) fn plain(&self, id: TypeId) -> Option<&Plain> {
        self.plain.get(id)
    }

    /// Returns the handlers of an event type, or `None` where there are none.
    pub(crate) fn route(&self, ty: &str) -> Option<RouteRef<'_>> {
        if let Some(at) = self.by_name.get(ty) {
            return Some(RouteRef::Known(&self.routes[*at]));
        }
        // No handler names the type, but patterns may stand for it. Such routes are not kept:
        // types come from outside, and there is no end to them.
        let fits = self.wild.iter().filter(|handler| handler.handles(ty));
        let handlers: Vec<HandlerRef> = fits.cloned().collect();
        if handlers.is_empty() {
            return None;
        }
        let route = Route::new(HandlerList::passing(handlers), &self.states);
        Some(RouteRef::New(Box::new(route)))
    }
}

/// Sorts handlers under each event type that one of them names; each keeps its place.
fn by_event_type(handlers: &[HandlerRef]) -> BTreeMap<&str, Vec<HandlerRef>> {
    let named = handlers.iter().flat_map(|handler| named_types(handler));
    let mut types: BTreeMap<&str, Vec<HandlerRef>> = named.map(|ty| (ty, Vec::new())).collect();
    for handler in handlers {
        if handler.patterns().any(pattern::is_wild) {
            let fits = types.iter_mut().filter(|(ty, _)| handler.handles(ty));
            fits.for_each(|(_, own)| own.push(handler.clone()));
            continue;
        }
        for ty in named_types(handler) {
            let own = types.entry(ty).or_default();
            // A type may be named twice.
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

/// Returns the event types that a handler names, patterns left out.
fn named_types(handler: &Handler) -> impl Iterator<Item = &str> {
    let typed = handler.typed.map_or(&[][..], |typed| typed.types);
    let named = handler
        .patterns()
        .filter(|pattern| !pattern::is_wild(pattern));
    typed
        .iter()
        .copied()
        .chain(named)
        // A type that an envelope handler names is one that it handles.
        .filter(|ty| handler.typed.is_none() || handler.handles(ty))
}

/// Values by [`TypeId`], which is a hash already: in its place, or after it where that is taken.
#[derive(Debug)]
struct TypeMap<V>(Vec<Option<(TypeId, V)>>);

impl<V> TypeMap<V> {
    fn new(entries: Vec<(TypeId, V)>) -> Self {
        // A power of two, and more than there is: most are where they are looked for, and whoever
        // looks for one that is not there comes to an end.
        let count = (2 * entries.len() + 1).next_power_of_two();
        let mut places: Vec<Option<(TypeId, V)>> = (0..count).map(|_| None).collect();
        for entry in entries {
            let mut at = place(entry.0, count);
            while places[at].as_ref().is_some_and(|(own, _)| *own != entry.0) {
                at = (at + 1) % count;
            }
            places[at] = Some(entry);
        }
        Self(places)
    }

    #[inline]
    fn get(&self, id: TypeId) -> Option<&V> {
        let mut at = place(id, self.0.len());
        while let Some((own, value)) = self.0.get(at)? {
            if *own == id {
                return Some(value);
            }
            at = (at + 1) & (self.0.len() - 1);
        }
        None
    }
}

/// Returns where an entry is looked for first, in a number of places that is a power of two.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the bits that count are those that all platforms have"
)]
#[inline]
fn place(id: TypeId, places: usize) -> usize {
    let mut hash = TypeIdHasher(0);
    id.hash(&mut hash);
    hash.0 as usize & (places - 1)
}

/// Takes the hash that a [`TypeId`] is.
#[derive(Debug, Default, Clone, Copy)]
struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
