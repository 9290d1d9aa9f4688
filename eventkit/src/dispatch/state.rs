//! What handlers share: values by their type.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;

/// Holds one value of each type that handlers want as [`State`](super::State).
#[derive(Default)]
pub(crate) struct States(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl States {
    pub(crate) fn insert<S: Send + Sync + 'static>(&mut self, state: S) {
        self.0.insert(TypeId::of::<S>(), Box::new(state));
    }

    pub(crate) fn get<S: 'static>(&self) -> Option<&S> {
        self.0.get(&TypeId::of::<S>())?.downcast_ref()
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "States({})", self.0.len())
    }
}

/// Collects what the parameters of a handler need, before it is ever called.
#[derive(Debug, Default)]
pub struct Requirements(Vec<(TypeId, &'static str)>);

impl Requirements {
    /// Asks for a state of a type.
    pub fn state<S: 'static>(&mut self) {
        self.0.push((TypeId::of::<S>(), type_name::<S>()));
    }

    /// Returns the name of the first type that is not there.
    pub(crate) fn missing(&self, states: &States) -> Option<&'static str> {
        let missing = self.0.iter().find(|(id, _)| !states.0.contains_key(id));
        missing.map(|(_, name)| *name)
    }
}
