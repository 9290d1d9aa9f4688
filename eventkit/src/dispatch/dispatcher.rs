//! A registry with the state that its handlers require.

use std::future::Future;
use std::sync::Arc;

use super::cascade;
use super::error::{DispatchError, DispatcherError, two_types};
use super::registry::Registry;
use super::report::Report;
use super::routing::{RoutingTable, TwoTypes};
use super::run::{self, Dispatch};
use super::state::StateMap;

/// The handlers of a registry together with their state.
///
/// It contains the handlers that were in the registry when it was built. A clone shares them and
/// the state.
///
/// ```
/// use eventkit::{Dispatcher, Event, Registry, State, handles};
/// use std::sync::{Arc, Mutex};
///
/// static SEEN: Registry = Registry::new("seen");
///
/// #[handles("*", registry = SEEN)]
/// fn note(event: &Event, State(ids): State<Arc<Mutex<Vec<String>>>>) {
///     ids.lock().unwrap().push(event.id().to_owned());
/// }
///
/// let ids = Arc::new(Mutex::new(Vec::<String>::new()));
/// let app = Dispatcher::new(&SEEN).state(ids.clone()).build()?;
/// app.dispatch(&Event::builder().id("1").source("/s").ty("t").build()?)?;
/// assert_eq!(*ids.lock().unwrap(), ["1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dispatcher {
    table: Arc<RoutingTable>,
    cascade: usize,
}

/// A builder for a [`Dispatcher`].
#[derive(Debug)]
#[must_use = "a builder creates a dispatcher only when `build` is called"]
pub struct DispatcherBuilder<'r> {
    registry: &'r Registry,
    states: StateMap,
    cascade: usize,
}

impl Dispatcher {
    /// Returns a builder for the handlers of a registry.
    #[expect(
        clippy::new_ret_no_self,
        reason = "the builder is an implementation detail of `new`"
    )]
    pub fn new(registry: &Registry) -> DispatcherBuilder<'_> {
        DispatcherBuilder {
            registry,
            states: StateMap::default(),
            cascade: 0,
        }
    }

    /// Runs the handlers of an event as [`Registry::dispatch`] does.
    ///
    /// # Errors
    ///
    /// Returns an error if a handler fails. Also returns an error, before any handler runs, if one
    /// is async or takes an envelope that cannot be encoded.
    pub fn dispatch<E: Dispatch>(&self, event: &E) -> Result<Report, DispatchError> {
        let typed = event.typed_value();
        match self.cascade {
            0 => run::dispatch(&self.table, event, typed),
            depth => cascade::dispatch(&self.table, event, typed, depth),
        }
    }

    /// Runs the sync and async handlers of an event as [`Registry::dispatch_async`] does.
    ///
    /// # Errors
    ///
    /// Returns an error if a handler fails. Also returns an error, before any handler runs, if one
    /// takes an envelope that cannot be encoded.
    pub fn dispatch_async<E: Dispatch>(
        &self,
        event: &E,
    ) -> impl Future<Output = Result<Report, DispatchError>> + Send {
        cascade::dispatch_async(&self.table, event, self.cascade)
    }

    pub(super) fn table(&self) -> &RoutingTable {
        &self.table
    }
}

impl DispatcherBuilder<'_> {
    /// Adds the state that handlers take as `State<S>`, and replaces state of the same type.
    pub fn state<S: Clone + Send + Sync + 'static>(mut self, state: S) -> Self {
        self.states.insert(state);
        self
    }

    /// Also dispatches the events that handlers return or send, up to a depth. A depth of 1
    /// includes the events of the handlers of the dispatched event.
    ///
    /// [`Report::cascaded`] returns the outcomes. An event beyond the depth that has handlers is an
    /// error, which names the chain of events that led to it. By default, nothing is cascaded. A
    /// service ignores this setting and publishes the events instead.
    ///
    /// ```
    /// use eventkit::{CloudEvent, Dispatcher, Registry, handles};
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
    /// #[handles(registry = SHIPPING)]
    /// fn notify(_order: &OrderShipped) {}
    ///
    /// let app = Dispatcher::new(&SHIPPING).cascade(1).build()?;
    /// let report = app.dispatch(&OrderPlaced)?;
    /// assert_eq!(report.cascaded()[0].chain(), [OrderPlaced::TYPE, OrderShipped::TYPE]);
    /// assert_eq!(report.cascaded()[0].report.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cascade(mut self, depth: usize) -> Self {
        self.cascade = depth;
        self
    }

    /// Builds the dispatcher.
    ///
    /// # Errors
    ///
    /// Returns an error if handlers take the events of a type as different Rust types, or if a
    /// handler requires missing state or more than one unit of work. The error lists all of them.
    pub fn build(self) -> Result<Dispatcher, DispatcherError> {
        let table = self.registry.table_with(self.states);
        let conflicts = table.two_types().into_iter();
        let conflicts: Vec<String> = conflicts
            .map(|TwoTypes { ty, first, second }| two_types(&ty, first, second))
            .collect();
        if !conflicts.is_empty() {
            return Err(DispatcherError::TwoTypes(conflicts));
        }
        let missing = table.handlers().iter().filter_map(|handler| {
            let state = handler.requirements().missing(table.states())?;
            Some(format!("`{}` requires `State<{state}>`", **handler))
        });
        let missing: Vec<String> = missing.collect();
        if !missing.is_empty() {
            return Err(DispatcherError::MissingState(missing));
        }
        let twice = table.handlers().iter();
        let twice = twice.filter(|handler| handler.requirements().has_two_units_of_work());
        let twice: Vec<String> = twice.map(|handler| format!("`{}`", **handler)).collect();
        if !twice.is_empty() {
            return Err(DispatcherError::TwoUnitsOfWork(twice));
        }
        Ok(Dispatcher {
            table: Arc::new(table),
            cascade: self.cascade,
        })
    }
}
