//! The handlers of one event type, so that naming them all costs nothing.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{self, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

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
    /// line, column and name: those that one `macro_rules!` writes stand at one place. Registrations
    /// at run time are equal, and a stable sort keeps theirs.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let place = |handler: &Self| match handler {
            Self::Static(handler) => {
                let location = handler.location();
                let (module, name) = (handler.module(), handler.name());
                (false, module, location.line, location.column, name)
            }
            Self::Shared(_) => (true, "", 0, 0, ""),
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

/// The handlers of an event type in the order in which they run.
#[derive(Debug)]
pub(crate) struct HandlerList {
    handlers: Handlers,
    /// Where it is dispatched to again and again, and does not live as long as the program.
    counters: Option<Counters>,
}

/// Handlers of the program live as long as it does; so does a list of them.
#[derive(Debug, Clone)]
enum Handlers {
    Interned(&'static [HandlerRef]),
    Shared(Arc<[HandlerRef]>),
}

impl Deref for HandlerList {
    type Target = [HandlerRef];

    #[inline]
    fn deref(&self) -> &[HandlerRef] {
        match &self.handlers {
            Handlers::Interned(handlers) => handlers,
            Handlers::Shared(handlers) => handlers,
        }
    }
}

impl HandlerList {
    /// Makes a list for one event.
    pub(super) fn passing(handlers: Vec<HandlerRef>) -> Self {
        Self {
            handlers: Handlers::Shared(handlers.into()),
            counters: None,
        }
    }

    /// Makes a list that is kept for good where it names handlers of the program alone.
    ///
    /// There is one for each event type that the program names, however often it is asked for.
    pub(super) fn lasting(handlers: Vec<HandlerRef>) -> Self {
        static LISTS: Mutex<BTreeMap<Vec<usize>, &'static [HandlerRef]>> =
            Mutex::new(BTreeMap::new());
        let is_static = |handler: &HandlerRef| matches!(handler, HandlerRef::Static(_));
        if !handlers.iter().all(is_static) {
            return Self {
                counters: Some(Counters::default()),
                ..Self::passing(handlers)
            };
        }
        let addresses = handlers.iter().map(HandlerRef::address).collect();
        let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
        let list = lists
            .entry(addresses)
            .or_insert_with(|| Box::leak(handlers.into_boxed_slice()));
        Self {
            handlers: Handlers::Interned(list),
            counters: None,
        }
    }

    /// Returns the handlers where they live as long as the program.
    pub(super) fn interned(&self) -> Option<&'static [HandlerRef]> {
        match self.handlers {
            Handlers::Interned(handlers) => Some(handlers),
            Handlers::Shared(_) => None,
        }
    }

    /// Returns the handlers for a report, which may outlive the list.
    ///
    /// Each report names them, so this is cheap, and threads that dispatch the same type do not
    /// write to a counter that they share.
    #[inline]
    pub(super) fn named(&self) -> NamedHandlers {
        match &self.handlers {
            Handlers::Interned(handlers) => NamedHandlers::Interned(handlers),
            Handlers::Shared(handlers) => counted(handlers, self.counters.as_ref()),
        }
    }
}

#[inline]
fn counted(handlers: &Arc<[HandlerRef]>, counters: Option<&Counters>) -> NamedHandlers {
    match counters {
        Some(counters) => NamedHandlers::Counted(counters.count(handlers)),
        None => NamedHandlers::Passing(Arc::clone(handlers)),
    }
}

/// The handlers that a report names.
#[derive(Debug)]
pub(super) enum NamedHandlers {
    Interned(&'static [HandlerRef]),
    Counted(Arc<Counted>),
    Passing(Arc<[HandlerRef]>),
}

impl Default for NamedHandlers {
    fn default() -> Self {
        Self::Interned(&[])
    }
}

impl Deref for NamedHandlers {
    type Target = [HandlerRef];

    fn deref(&self) -> &[HandlerRef] {
        match self {
            Self::Interned(handlers) => handlers,
            Self::Counted(counted) => &counted.0,
            Self::Passing(handlers) => handlers,
        }
    }
}

/// How many threads have counters of their own.
const THREADS: usize = 16;

/// Counters for one list of handlers, of each thread that reports them; a list that never is has none.
#[derive(Debug, Default)]
struct Counters(OnceLock<Box<[OnceLock<Arc<Counted>>; THREADS]>>);

/// The handlers behind the counter of one thread, which shares no cache line with another: some
/// processors fetch lines in pairs.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Counted(Arc<[HandlerRef]>);

impl Counters {
    /// Counts the handlers once more, by the counter of this thread.
    #[inline]
    fn count(&self, handlers: &Arc<[HandlerRef]>) -> Arc<Counted> {
        let known = self.0.get().and_then(|own| own.get(OWN.get())?.get());
        Arc::clone(known.unwrap_or_else(|| self.first(handlers)))
    }

    /// Makes the counter of this thread.
    #[cold]
    fn first(&self, handlers: &Arc<[HandlerRef]>) -> &Arc<Counted> {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        if OWN.get() == usize::MAX {
            OWN.set(SEEN.fetch_add(1, atomic::Ordering::Relaxed) % THREADS);
        }
        let counters = self.0.get_or_init(Box::default);
        counters[OWN.get()].get_or_init(|| Arc::new(Counted(Arc::clone(handlers))))
    }
}

thread_local! {
    /// Which counters are those of this thread; no number before it needs one.
    static OWN: Cell<usize> = const { Cell::new(usize::MAX) };
}
