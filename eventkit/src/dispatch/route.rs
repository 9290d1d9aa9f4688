//! The handlers of one event type, and what is known of them before an event comes.

use std::any::TypeId;
use std::ops::Deref;
use std::sync::Arc;

use super::error::DispatchError;
use super::handler::{AsyncCall, Call, Handler, SyncCall};
use super::handler_list::{HandlerList, HandlerRef};
use super::state::{Requirements, States};
use crate::event::name;

/// The handlers of one event type, and what is known of them before an event comes.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) handlers: HandlerList,
    first_async: Option<usize>,
    missing_state: Option<(usize, &'static str)>,
    needs_event: bool,
    /// Whether there are filters to ask before the handlers run.
    pub(crate) filtered: bool,
    /// The Rust type of the typed handlers, where it is one.
    typed: Typed,
    direct: Option<Direct>,
}

/// The way past everything that a route may ask for.
///
/// All handlers are functions of the program that take this Rust type. None has a filter, or looks
/// at more than the value and the state, which is there.
#[derive(Debug, Clone)]
struct Direct {
    ty: TypeId,
    calls: Arc<[DirectCall]>,
}

/// The call of a function of the program.
#[derive(Debug, Clone, Copy)]
pub(super) enum DirectCall {
    Sync(SyncCall),
    Async(AsyncCall),
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
            .filter_map(|handler| handler.typed.map(|typed| (typed.id)()));
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
            direct: None,
        };
        route.direct = route.find_direct();
        route
    }

    fn find_direct(&self) -> Option<Direct> {
        let Typed::One(ty) = self.typed else {
            return None;
        };
        if self.filtered || self.needs_event || self.missing_state.is_some() {
            return None;
        }
        let calls = self.handlers.iter().map(|handler| match handler.call {
            Call::Sync(call) => Some(DirectCall::Sync(call)),
            Call::Async(call) => Some(DirectCall::Async(call)),
            Call::SyncShared(_) | Call::AsyncShared(_) => None,
        });
        let calls = calls.collect::<Option<_>>()?;
        Some(Direct { ty, calls })
    }

    /// Returns the calls that are left to make for a value, where nothing else is.
    #[inline]
    pub(super) fn direct(&self, ty: TypeId, sync: bool) -> Option<&[DirectCall]> {
        let direct = self.direct.as_ref()?;
        let refused = sync && self.first_async.is_some();
        (direct.ty == ty && !refused).then_some(&direct.calls)
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
