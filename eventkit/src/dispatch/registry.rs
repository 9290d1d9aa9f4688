//! Registries: sets of handlers.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;

use super::decoded::TypedValue;
use super::discovery;
use super::entry::{HandlerEntry, HandlerRef};
use super::error::DispatchError;
use super::handler::RegistryKey;
use super::report::Report;
use super::routing::RoutingTable;
use super::run::{self, Dispatch};
use super::state::StateMap;

/// A set of handlers that events are dispatched to.
///
/// A registry is a `static`. Functions with `#[handles(.., registry = NAME)]` are added to it
/// through discovery, functions without `registry` to the [default registry](default_registry).
/// Closures can be registered at run time.
///
/// The handlers of an event run one after another: by `order`, then functions by module path, line,
/// column and name, then closures in the order of their registration. This order is the same in
/// every build.
///
/// ```
/// use eventkit::{Event, Registry};
///
/// static AUDIT: Registry = Registry::new("audit");
///
/// AUDIT.register("co.outcome.*", |event: &Event| println!("{event}"));
/// let event = Event::builder().source("/shop").ty("co.outcome.order.placed").build()?;
/// assert_eq!(AUDIT.dispatch(&event)?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Registry {
    key: RegistryKey,
    /// The handlers that were added at run time.
    added: Mutex<Vec<HandlerRef>>,
    /// `None` if the table must be rebuilt. It is only changed while `added` is locked.
    table: ArcSwapOption<RoutingTable>,
}

static DEFAULT: Registry = Registry::new("default");

/// Returns the default registry, which contains the handlers that do not name another one.
#[must_use]
pub fn default_registry() -> &'static Registry {
    &DEFAULT
}

impl Registry {
    /// Creates an empty registry. The name only appears in messages.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            key: RegistryKey { name },
            added: Mutex::new(Vec::new()),
            table: ArcSwapOption::const_empty(),
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.key.name
    }

    /// Returns the identity of the registry, for the code that `#[handles]` generates.
    #[doc(hidden)]
    #[must_use]
    pub const fn key(&self) -> &RegistryKey {
        &self.key
    }

    /// Adds functions with `#[handles]`, even if they name another registry; see
    /// [`handlers!`](crate::handlers).
    ///
    /// A handler that is already in the registry is not added again.
    pub fn add(&self, handlers: impl IntoIterator<Item = &'static HandlerEntry>) {
        // Collected before locking, because the iterator may use the registry.
        let handlers: Vec<_> = handlers.into_iter().map(HandlerRef::of_static).collect();
        self.update(|added| added.extend(handlers));
    }

    /// Runs the handlers of an event. If a handler fails or panics, the others still run.
    ///
    /// The event is an [`Event`](crate::Event) or a value of a derived type. Typed handlers get a
    /// typed value directly, and it is encoded only if a handler takes the envelope. An envelope is
    /// decoded only once. If the event has no handlers, the report is empty.
    ///
    /// # Errors
    ///
    /// Returns an error if a handler fails. Also returns an error, before any handler runs, if one
    /// is async, requires state, or takes an envelope that cannot be encoded, or if handlers take
    /// the event as different Rust types.
    pub fn dispatch<E: Dispatch>(&self, event: &E) -> Result<Report, DispatchError> {
        self.dispatch_any(event, event.typed_value())
    }

    /// Runs the handlers of an event. Takes a trait object, so that it is compiled only once.
    fn dispatch_any(
        &self,
        event: &dyn Dispatch,
        typed: Option<TypedValue<'_>>,
    ) -> Result<Report, DispatchError> {
        match self.table.load().as_deref() {
            Some(table) => run::dispatch(table, event, typed),
            None => run::dispatch(&self.table(), event, typed),
        }
    }

    /// Runs the sync and async handlers of an event one after another, as
    /// [`dispatch`](Registry::dispatch) does.
    ///
    /// If the future is dropped, the remaining handlers do not run.
    ///
    /// # Errors
    ///
    /// Returns an error if a handler fails. Also returns an error, before any handler runs, if one
    /// requires state or takes an envelope that cannot be encoded.
    pub fn dispatch_async<E: Dispatch>(
        &self,
        event: &E,
    ) -> impl Future<Output = Result<Report, DispatchError>> + Send {
        let table = self.table();
        async move { run::dispatch_async(&table, event).await }
    }

    /// Returns the handlers in the order in which they run. Their
    /// [patterns](super::Handler::patterns) and [emissions](super::Handler::emits) form the event
    /// graph of the program.
    ///
    /// ```standalone_crate
    /// use eventkit::{CloudEvent, Registry, handles};
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
    /// static SHIPPING: Registry = Registry::new("shipping");
    ///
    /// #[handles(registry = SHIPPING)]
    /// fn ship(_order: &OrderPlaced) -> OrderShipped {
    ///     OrderShipped
    /// }
    ///
    /// let ship = SHIPPING.handlers().next().unwrap();
    /// assert!(ship.patterns().eq([OrderPlaced::TYPE]));
    /// assert!(ship.emits().eq([OrderShipped::TYPE]));
    ///
    /// let report = SHIPPING.check()?;
    /// assert_eq!(report.unhandled_emissions()[0].ty, OrderShipped::TYPE);
    /// # Ok::<(), eventkit::CheckError>(())
    /// ```
    pub fn handlers(&self) -> impl Iterator<Item = HandlerRef> + use<> {
        self.table().handlers().to_vec().into_iter()
    }

    /// Returns the routing table for handlers without state.
    fn table(&self) -> Arc<RoutingTable> {
        self.table.load_full().unwrap_or_else(|| {
            let added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
            let table = Arc::new(RoutingTable::new(self.collect(&added), StateMap::default()));
            self.table.store(Some(Arc::clone(&table)));
            table
        })
    }

    /// Returns a routing table for handlers with state.
    pub(super) fn table_with(&self, states: StateMap) -> RoutingTable {
        let added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        RoutingTable::new(self.collect(&added), states)
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Vec<HandlerRef>)) {
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut added);
        self.table.store(None);
    }

    /// Returns all discovered and added handlers, without duplicates.
    fn collect(&self, added: &[HandlerRef]) -> Vec<HandlerRef> {
        let is_own = |handler: &&&'static HandlerEntry| {
            std::ptr::eq(
                handler.registry().unwrap_or(&DEFAULT.key),
                &raw const self.key,
            )
        };
        let discovered = discovery::handlers().iter().filter(is_own);
        let discovered = discovered.map(|handler| HandlerRef::of_static(handler));
        let mut known = HashSet::new();
        discovered
            .chain(added.iter().cloned())
            .filter(|handler| known.insert(handler.address()))
            .collect()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("name", &self.key.name)
            .finish_non_exhaustive()
    }
}
