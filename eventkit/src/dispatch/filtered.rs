//! Registration of closures with a filter.

use std::future::Future;

use super::failure::IntoOutcome;
use super::registry::{self, Registry};
use crate::event::Event;
use crate::filter::Filter;
use crate::typed::CloudEvent;

/// Registers closures for those events alone that pass a filter; see [`Registry::filtered`].
#[derive(Debug, Clone)]
#[must_use = "nothing is registered until one of the methods is called"]
pub struct Filtered<'r> {
    pub(super) registry: &'r Registry,
    pub(super) filter: Filter,
}

impl Filtered<'_> {
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
            .register_call::<Event, F>(patterns, call, Some(self.filter));
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
            .register_call::<Event, F>(patterns, call, Some(self.filter));
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
            .register_call::<T, F>(Vec::new(), call, Some(self.filter));
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
            .register_call::<T, F>(Vec::new(), call, Some(self.filter));
    }
}
