//! A registry with the state that its handlers want.

use std::any::TypeId;
use std::future::Future;
use std::sync::Arc;

use super::delivery::Value;
use super::error::{DispatchError, DispatcherError};
use super::registry::Registry;
use super::report::Report;
use super::run::{self, Dispatch};
use super::state::{Requirements, States};
use super::table::Table;
use super::tables::TableRef;

/// Dispatches events to the handlers of a registry, with state.
///
/// It holds the handlers that the registry had when it was built. A clone shares everything.
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
    pub(super) table: Arc<Table>,
}

/// Collects the state for a [`Dispatcher`].
#[derive(Debug)]
#[must_use = "a builder makes nothing until `build` is called"]
pub struct DispatcherBuilder<'r> {
    registry: &'r Registry,
    states: States,
}

impl Dispatcher {
    /// Starts a dispatcher for the handlers of a registry.
    #[expect(
        clippy::new_ret_no_self,
        reason = "the builder is an implementation detail of `new`"
    )]
    pub fn new(registry: &Registry) -> DispatcherBuilder<'_> {
        DispatcherBuilder {
            registry,
            states: States::default(),
        }
    }

    /// Runs the handlers of an event, each on its own, as [`Registry::dispatch`] does.
    ///
    /// # Errors
    ///
    /// Where a handler failed; or, with none having run, where one is async, or needs an envelope
    /// that cannot be made.
    pub fn dispatch<E: Dispatch>(&self, event: &E) -> Result<Report, DispatchError> {
        match (event.typed_payload(), event.as_envelope()) {
            (Some((ty, payload)), _) => self.dispatch_typed(ty, payload, event),
            (None, Some(event)) => run::dispatch_envelope(&self.table, event),
            (None, None) => run::dispatch(&self.table, event),
        }
    }

    /// Is compiled once, and not for each type.
    fn dispatch_typed(
        &self,
        ty: TypeId,
        payload: &Value,
        event: &dyn Dispatch,
    ) -> Result<Report, DispatchError> {
        match self.table.plain(ty) {
            Some(plain) => run::dispatch_plain(plain, payload),
            None => run::dispatch(&self.table, event),
        }
    }

    /// Runs the handlers of an event, async ones too, as [`Registry::dispatch_async`] does.
    ///
    /// # Errors
    ///
    /// Where a handler failed; or, with none having run, where one needs an envelope that cannot
    /// be made.
    pub fn dispatch_async<E: Dispatch>(
        &self,
        event: &E,
    ) -> impl Future<Output = Result<Report, DispatchError>> + Send {
        run::dispatch_async(TableRef::Kept(&self.table), event.typed_payload(), event)
    }
}

impl DispatcherBuilder<'_> {
    /// Adds the state that handlers take as `State<S>`, in the place of one of the same type.
    pub fn state<S: Clone + Send + Sync + 'static>(mut self, state: S) -> Self {
        self.states.insert(state);
        self
    }

    /// Makes the dispatcher.
    ///
    /// # Errors
    ///
    /// Where a handler wants state that was not added; the error names every such handler and
    /// type.
    pub fn build(self) -> Result<Dispatcher, DispatcherError> {
        let table = self.registry.table_with(self.states);
        let missing = table.handlers().iter().filter_map(|handler| {
            let mut requirements = Requirements::default();
            (handler.requires)(&mut requirements);
            let state = requirements.missing(table.states())?;
            Some(format!("`{}` wants `State<{state}>`", **handler))
        });
        let missing: Vec<String> = missing.collect();
        if !missing.is_empty() {
            return Err(DispatcherError::MissingState(missing));
        }
        Ok(Dispatcher {
            table: Arc::new(table),
        })
    }
}
