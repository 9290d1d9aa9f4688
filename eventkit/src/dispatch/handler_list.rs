//! The handlers of one event type, so that naming them all costs nothing.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use super::handler::Handler;

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
    pub(super) fn compare(&self, other: &Self) -> Ordering {
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

    /// Returns what tells it from every other handler.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref::<Handler>(self).addr()
    }
}

/// Some handlers in the order in which they run.
///
/// Each report names them, so a copy has to be cheap, and threads that dispatch the same type must
/// not write to a counter they share. Handlers of the program live as long as it does; so does a
/// list of them.
#[derive(Debug, Clone)]
pub(crate) enum HandlerList {
    Interned(&'static [HandlerRef]),
    Shared(Arc<[HandlerRef]>),
}

impl Default for HandlerList {
    fn default() -> Self {
        Self::Interned(&[])
    }
}

impl Deref for HandlerList {
    type Target = [HandlerRef];

    fn deref(&self) -> &[HandlerRef] {
        match self {
            Self::Interned(handlers) => handlers,
            Self::Shared(handlers) => handlers,
        }
    }
}

impl HandlerList {
    /// Makes a list for one event.
    pub(super) fn passing(handlers: Vec<HandlerRef>) -> Self {
        Self::Shared(handlers.into())
    }

    /// Makes a list that is kept for good where it names handlers of the program alone.
    ///
    /// There is one for each event type that the program names, however often it is asked for.
    pub(super) fn lasting(handlers: Vec<HandlerRef>) -> Self {
        static LISTS: Mutex<BTreeMap<Vec<usize>, &'static [HandlerRef]>> =
            Mutex::new(BTreeMap::new());
        let is_static = |handler: &HandlerRef| matches!(handler, HandlerRef::Static(_));
        if !handlers.iter().all(is_static) {
            return Self::passing(handlers);
        }
        let addresses = handlers.iter().map(HandlerRef::address).collect();
        let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
        let list = lists
            .entry(addresses)
            .or_insert_with(|| Box::leak(handlers.into_boxed_slice()));
        Self::Interned(list)
    }
}
