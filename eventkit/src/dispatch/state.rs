//! Shared state of handlers: one value per type.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;

use super::unit_of_work::UnitOfWorkStore;

/// The values that handlers take as [`State`](super::State), by type.
#[derive(Default)]
pub(crate) struct StateMap(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl StateMap {
    pub(crate) fn insert<S: Send + Sync + 'static>(&mut self, state: S) {
        self.0.insert(TypeId::of::<S>(), Box::new(state));
    }

    pub(crate) fn get<S: 'static>(&self) -> Option<&S> {
        self.0.get(&TypeId::of::<S>())?.downcast_ref()
    }
}

impl fmt::Debug for StateMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateMap({})", self.0.len())
    }
}

/// The requirements of the parameters of a handler, collected before the handler is called.
///
/// An extractor adds its requirements in [`Extract::requires`](crate::Extract::requires).
/// [`ExtractAsync`](crate::ExtractAsync) has an example.
#[derive(Debug, Default)]
pub struct Requirements {
    states: Vec<(TypeId, &'static str)>,
    unit_of_work: Option<FindStore>,
    has_two_units_of_work: bool,
}

/// A function that finds the store of a unit of work in the state.
pub(crate) type FindStore = fn(&StateMap) -> Option<&dyn UnitOfWorkStore>;

impl Requirements {
    /// Requires state of a type.
    pub fn state<S: 'static>(&mut self) {
        self.states.push((TypeId::of::<S>(), type_name::<S>()));
    }

    /// Requires a store as state, and runs the handler in one of its [units of work](UnitOfWorkStore).
    ///
    /// A handler can run in only one unit of work, so a dispatcher cannot be built with a handler
    /// that requires two.
    pub fn unit_of_work<S: UnitOfWorkStore + 'static>(&mut self) {
        self.state::<S>();
        let find: FindStore = |states| states.get::<S>().map(|store| store as _);
        self.has_two_units_of_work = self.unit_of_work.replace(find).is_some();
    }

    /// Returns the function that finds the store in whose unit of work the handler runs, if it
    /// requires one.
    pub(crate) fn find_store(&self) -> Option<FindStore> {
        self.unit_of_work
    }

    pub(crate) fn has_two_units_of_work(&self) -> bool {
        self.has_two_units_of_work
    }

    /// Returns the name of the first required type that is missing.
    pub(crate) fn missing(&self, states: &StateMap) -> Option<&'static str> {
        let mut required = self.states.iter();
        let missing = required.find(|(id, _)| !states.0.contains_key(id));
        missing.map(|(_, name)| *name)
    }
}
