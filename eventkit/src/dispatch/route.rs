//! The handlers of one event type, and what is known of them before an event comes.

use std::any::TypeId;
use std::ops::Deref;

use super::call::{Call, PlainFunction};
use super::error::DispatchError;
use super::handler::{Handler, TypedEvent};
use super::handler_list::{HandlerList, HandlerRef};
use super::plain::{BLOCK, Block};
use super::state::{Requirements, States};
use crate::event::name;

/// The handlers of one event type, and what is known of them before an event comes.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) handlers: HandlerList,
    first_async: Option<usize>,
    missing_state: Option<(usize, &'static str)>,
    needs_event: bool,
    /// Whether there are filters to ask before the handlers run.
    pub(crate) filtered: bool,
    /// The Rust type of the typed handlers, where it is one.
    typed: Typed,
    /// Whether all handlers are functions of the program that take this Rust type, and none looks at
    /// more than the value and the state, which is there.
    direct: bool,
}

/// The way past everything, for functions of the program that take a Rust type and nothing else.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(super) handlers: &'static [HandlerRef],
    pub(super) blocks: Vec<Box<dyn Block>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Typed {
    None,
    One(TypeId),
    Several,
}

impl Route {
    pub(super) fn new(handlers: HandlerList, states: &States) -> Self {
        let missing = |handler: &HandlerRef| {
            let mut requirements = Requirements::default();
            (handler.requires)(&mut requirements);
            requirements.missing(states)
        };
        let ids = handlers
            .iter()
            .filter_map(|handler| handler.typed.map(TypedEvent::id));
        let typed = ids.fold(Typed::None, |so_far, id| match so_far {
            Typed::None => Typed::One(id),
            Typed::One(own) if own == id => so_far,
            _ => Typed::Several,
        });
        let mut route = Self {
            first_async: handlers.iter().position(|handler| handler.is_async()),
            missing_state: handlers
                .iter()
                .enumerate()
                .find_map(|(at, handler)| Some((at, missing(handler)?))),
            needs_event: handlers
                .iter()
                .any(|handler| handler.needs_event || needs_made(handler)),
            filtered: handlers.iter().any(|handler| handler.has_filter()),
            typed,
            handlers,
            direct: false,
        };
        route.direct = route.find_direct();
        route
    }

    fn find_direct(&self) -> bool {
        let is_function = |handler: &HandlerRef| {
            matches!(
                handler.call,
                Call::Plain(_) | Call::Sync(_) | Call::Async(_)
            )
        };
        let asks = self.filtered || self.needs_event || self.missing_state.is_some();
        matches!(self.typed, Typed::One(_)) && !asks && self.handlers.iter().all(is_function)
    }

    /// Returns the functions to call for a value of a type, where nothing else is left to do.
    pub(super) fn plain(&self, ty: TypeId) -> Option<Plain> {
        let handlers = self.handlers.interned()?;
        if !self.is_direct(ty, true) {
            return None;
        }
        let functions = handlers.iter().map(|handler| match handler.call {
            Call::Plain(function) => Some(function),
            _ => None,
        });
        let functions: Vec<PlainFunction> = functions.collect::<Option<_>>()?;
        let block = handlers.first()?.plain.block;
        Some(Plain {
            handlers,
            blocks: functions.chunks(BLOCK).map(block).collect(),
        })
    }

    /// Returns whether a value is all that the handlers want.
    #[inline]
    pub(super) fn is_direct(&self, ty: TypeId, sync: bool) -> bool {
        let refused = sync && self.first_async.is_some();
        self.direct && self.typed == Typed::One(ty) && !refused
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
    #[inline]
    pub(crate) fn check(&self, ty: &str, sync: bool) -> Result<(), DispatchError> {
        if self.missing_state.is_none() && (!sync || self.first_async.is_none()) {
            return Ok(());
        }
        self.refuse(ty, sync)
    }

    #[cold]
    fn refuse(&self, ty: &str, sync: bool) -> Result<(), DispatchError> {
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

/// A route of the table, or one that was made for a single event.
pub(crate) enum RouteRef<'a> {
    Known(&'a Route),
    New(Box<Route>),
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

/// Returns whether the filter looks at what a typed value gets only when it becomes an event.
fn needs_made(handler: &Handler) -> bool {
    let filter = handler.filter();
    filter.is_some_and(|filter| filter.looks_at(name::ID) || filter.looks_at(name::TIME))
}
