//! Registration of closures with what goes beside them.

use std::future::Future;

use super::failure::IntoOutcome;
use super::policy::Policy;
use super::registry::{self, Registry};
use crate::event::Event;
use crate::filter::Filter;
use crate::typed::CloudEvent;

/// Registers a closure with what goes beside it: a filter, a name, a policy; see
/// [`Registry::filtered`] and [`Registry::named`].
#[derive(Debug, Clone)]
#[must_use = "nothing is registered until one of the methods is called"]
pub struct Registration<'r> {
    registry: &'r Registry,
    beside: Beside,
}

/// What goes beside a closure.
#[derive(Debug, Clone, Default)]
pub(super) struct Beside {
    pub(super) filter: Option<Filter>,
    pub(super) name: Option<&'static str>,
    pub(super) policy: Policy,
}

impl<'r> Registration<'r> {
    pub(super) fn new(registry: &'r Registry) -> Self {
        let beside = Beside::default();
        Self { registry, beside }
    }

    /// Sets the filter that an event has to pass.
    pub fn filtered(mut self, filter: Filter) -> Self {
        self.beside.filter = Some(filter);
        self
    }

    /// Sets the name under which a service subscribes the handler.
    pub fn named(mut self, name: &'static str) -> Self {
        self.beside.name = Some(name);
        self
    }

    /// Sets how a service treats its events.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.beside.policy = policy;
        self
    }

    /// Registers a closure for the events of a type or pattern.
    ///
    /// # Panics
    ///
    /// As [`Registry::register`] does.
    #[track_caller]
    pub fn register<F, R>(self, pattern: impl Into<String>, handler: F)
    where
        F: Fn(&Event) -> R + Send + Sync + 'static,
        R: IntoOutcome,
    {
        let call = registry::borrowing::<Event, F, R>(handler);
        let patterns = vec![pattern.into()];
        self.registry
            .register_call::<Event, F>(patterns, call, self.beside);
    }

    /// Registers a closure that returns a future, for the events of a type or pattern.
    ///
    /// # Panics
    ///
    /// As [`Registry::register`] does.
    #[track_caller]
    pub fn register_async<F, U, R>(self, pattern: impl Into<String>, handler: F)
    where
        F: Fn(Event) -> U + Send + Sync + 'static,
        U: Future<Output = R> + Send + 'static,
        R: IntoOutcome,
    {
        let call = registry::asynchronous(handler);
        let patterns = vec![pattern.into()];
        self.registry
            .register_call::<Event, F>(patterns, call, self.beside);
    }

    /// Registers a closure for the events of a Rust type.
    #[track_caller]
    pub fn register_typed<T, F, R>(self, handler: F)
    where
        T: CloudEvent,
        F: Fn(&T) -> R + Send + Sync + 'static,
        R: IntoOutcome,
    {
        let call = registry::borrowing::<T, F, R>(handler);
        self.registry
            .register_call::<T, F>(Vec::new(), call, self.beside);
    }

    /// Registers a closure that returns a future, for the events of a Rust type.
    #[track_caller]
    pub fn register_typed_async<T, F, U, R>(self, handler: F)
    where
        T: CloudEvent,
        F: Fn(T) -> U + Send + Sync + 'static,
        U: Future<Output = R> + Send + 'static,
        R: IntoOutcome,
    {
        let call = registry::asynchronous(handler);
        self.registry
            .register_call::<T, F>(Vec::new(), call, self.beside);
    }
}
