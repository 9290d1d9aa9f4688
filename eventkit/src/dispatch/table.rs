//! Which handlers an event type has, worked out once.

use std::any::TypeId;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::Arc;

use super::error::DispatchError;
use super::handler::Handler;
use super::state::{Requirements, States};
use crate::event::name;

/// A handler, from a static of the program or from a registration at run time.
#[derive(Debug, Clone)]
pub(crate) enum HandlerRef {
    Static(&'static Handler),
    Shared(Arc<Handler>),
}

impl Deref for HandlerRef {
    type Target = Handler;

    fn deref(&self) -> &Handler {
        match self {
            Self::Static(handler) => handler,
            Self::Shared(handler) => handler,
        }
    }
}

impl HandlerRef {
    /// Compares by order, then those of the program before those of run time, then by module path,
    /// line and column. Registrations at run time are equal, and a stable sort keeps theirs.
    fn compare(&self, other: &Self) -> Ordering {
        let place = |handler: &Self| match handler {
            Self::Static(handler) => {
                let location = handler.location();
                (false, handler.module(), location.line, location.column)
            }
            Self::Shared(_) => (true, "", 0, 0),
        };
        self.order()
            .cmp(&other.order())
            .then_with(|| place(self).cmp(&place(other)))
    }
}

/// The handlers of one event type, and what is known of them before an event comes.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) handlers: Arc<[HandlerRef]>,
    first_async: Option<usize>,
    missing_state: Option<(usize, &'static str)>,
    needs_event: bool,
    /// Whether there are filters to ask before the handlers run.
    pub(crate) filtered: bool,
    /// The Rust type of the typed handlers, where it is one.
    typed: Typed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Typed {
    None,
    One(TypeId),
    Several,
}

impl Route {
    fn new(handlers: Vec<HandlerRef>, states: &States) -> Self {
        let missing = |handler: &HandlerRef| {
            let mut requirements = Requirements::default();
            (handler.requires)(&mut requirements);
            requirements.missing(states)
        };
        let types = handlers
            .iter()
            .filter_map(|handler| handler.typed.map(|typed| (typed.id)()));
        let typed_as = types.fold(Typed::None, |so_far, id| match so_far {
            Typed::None => Typed::One(id),
            Typed::One(own) if own == id => so_far,
            _ => Typed::Several,
        });
        Self {
            first_async: handlers.iter().position(|handler| handler.is_async()),
            missing_state: handlers
                .iter()
                .enumerate()
                .find_map(|(at, handler)| Some((at, missing(handler)?))),
            needs_event: handlers
                .iter()
                .any(|handler| handler.needs_event || needs_made(handler)),
            filtered: handlers.iter().any(|handler| handler.has_filter()),
            typed: typed_as,
            handlers: handlers.into(),
        }
    }

    /// Returns whether the envelope has to be made of a value that can go as either of two types.
    pub(crate) fn needs_event(&self, value: [TypeId; 2]) -> bool {
        let fits = match self.typed {
            Typed::None => true,
            Typed::One(id) => value.contains(&id),
            Typed::Several => false,
        };
        self.needs_event || !fits
    }

    /// Refuses a dispatch before the first handler, where a later one could not run.
    pub(crate) fn check(&self, ty: &str, sync: bool) -> Result<(), DispatchError> {
        if let (true, Some(at)) = (sync, self.first_async) {
            return Err(DispatchError::AsyncHandler {
                handler: self.handlers[at].to_string(),
                ty: ty.to_owned(),
            });
        }
        match self.missing_state {
            None => Ok(()),
            Some((at, state)) => Err(DispatchError::MissingState {
                handler: self.handlers[at].to_string(),
                state,
            }),
        }
    }
}

/// The routes of a registry at one moment.
#[derive(Debug)]
pub(crate) struct Table {
    handlers: Vec<HandlerRef>,
    /// A route for each event type that some handler names.
    exact: HashMap<String, Route>,
    states: States,
}

impl Table {
    pub(crate) fn new(mut handlers: Vec<HandlerRef>, states: States) -> Self {
        handlers.sort_by(HandlerRef::compare);
        let types: BTreeSet<&str> = handlers
            .iter()
            .flat_map(|handler| known_types(handler))
            .collect();
        let routes = types
            .into_iter()
            .map(|ty| (ty.to_owned(), Route::new(select(&handlers, ty), &states)));
        let exact = routes.collect();
        Self {
            handlers,
            exact,
            states,
        }
    }

    pub(crate) fn handlers(&self) -> &[HandlerRef] {
        &self.handlers
    }

    pub(crate) fn states(&self) -> &States {
        &self.states
    }

    /// Returns the handlers of an event type, or `None` where there are none.
    pub(crate) fn route(&self, ty: &str) -> Option<RouteRef<'_>> {
        if let Some(route) = self.exact.get(ty) {
            return Some(RouteRef::Known(route));
        }
        // No handler names the type, but patterns may stand for it. Such routes are not kept:
        // types come from outside, and there is no end to them.
        let handlers = select(&self.handlers, ty);
        (!handlers.is_empty()).then(|| RouteRef::New(Route::new(handlers, &self.states)))
    }
}

/// A route of the table, or one that was made for a single event.
pub(crate) enum RouteRef<'a> {
    Known(&'a Route),
    New(Route),
}

impl Deref for RouteRef<'_> {
    type Target = Route;

    fn deref(&self) -> &Route {
        match self {
            Self::Known(route) => route,
            Self::New(route) => route,
        }
    }
}

fn select(handlers: &[HandlerRef], ty: &str) -> Vec<HandlerRef> {
    handlers
        .iter()
        .filter(|handler| handler.handles(ty))
        .cloned()
        .collect()
}

/// Returns the event types that a handler names, patterns left out.
fn known_types(handler: &Handler) -> impl Iterator<Item = &str> {
    let typed = handler.typed.map_or(&[][..], |typed| typed.types);
    let named = handler
        .patterns()
        .filter(|pattern| !super::pattern::is_wild(pattern));
    typed
        .iter()
        .copied()
        .chain(named)
        .filter(|ty| handler.handles(ty))
}

/// Returns whether the filter looks at what a typed value gets only when it becomes an event.
fn needs_made(handler: &Handler) -> bool {
    let filter = handler.filter();
    filter.is_some_and(|filter| filter.looks_at(name::ID) || filter.looks_at(name::TIME))
}
