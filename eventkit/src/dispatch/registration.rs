//! Registration of closures at run time.

use std::any::type_name;
use std::future::Future;
use std::panic::Location;

use super::closure::{AsyncHandlerClosure, ExtractorNeeds, HandlerClosure};
use super::entry::{Call, HandlerEntry, HandlerRef};
use super::handler::{HandlerMetadata, TypedEvent};
use super::invocation::HandlerEvent;
use super::policy::Policy;
use super::registry::Registry;
use super::returned::IntoOutcome;
use crate::event::Event;
use crate::filter::Filter;
use crate::pattern;
use crate::transport::StartPosition;
use crate::typed::{CloudEvent, EventSet};

impl Registry {
    /// Registers a closure for the events of a type or pattern. [`HandlerClosure`] describes its
    /// parameters.
    ///
    /// # Panics
    ///
    /// Panics if the pattern is empty, or contains a `*` that is not a whole segment, because such
    /// a handler could never run.
    #[track_caller]
    pub fn register<F, P>(&self, pattern: impl Into<String>, handler: F)
    where
        F: HandlerClosure<Event, P>,
    {
        Registration::new(self).register(pattern, handler);
    }

    /// Registers a closure that returns a future, for the events of a type or pattern.
    ///
    /// # Panics
    ///
    /// Panics if [`register`](Registry::register) does.
    #[track_caller]
    pub fn register_async<F, P>(&self, pattern: impl Into<String>, handler: F)
    where
        F: AsyncHandlerClosure<Event, P>,
    {
        Registration::new(self).register_async(pattern, handler);
    }

    /// Registers a closure for the events of a Rust type.
    #[track_caller]
    pub fn register_typed<T, F, P>(&self, handler: F)
    where
        T: CloudEvent,
        F: HandlerClosure<T, P>,
    {
        Registration::new(self).register_typed(handler);
    }

    /// Registers a closure that returns a future, for the events of a Rust type.
    #[track_caller]
    pub fn register_typed_async<T, F, P>(&self, handler: F)
    where
        T: CloudEvent,
        F: AsyncHandlerClosure<T, P>,
    {
        Registration::new(self).register_typed_async(handler);
    }

    /// Starts a registration of a handler for events that match a filter.
    ///
    /// If an event does not match, the handler does not run, and the report names the filter. If
    /// the filter cannot be evaluated, the handler does not run either, and has failed.
    ///
    /// The filter reads the attributes of a typed value without encoding its data. Only a filter
    /// that reads `id` or `time` needs the envelope.
    ///
    /// ```
    /// use eventkit::{Event, Registry};
    /// use eventkit::filter::Filter;
    ///
    /// static EU: Registry = Registry::new("eu");
    ///
    /// let europe = Filter::prefix([("subject", "eu-")])?;
    /// EU.with_filter(europe).register("*", |event: &Event| println!("{event}"));
    ///
    /// let event = Event::builder().source("/shop").ty("placed").subject("us-1").build()?;
    /// let report = EU.dispatch(&event)?;
    /// assert!(report.to_string().ends_with(r#"filtered out by {"prefix":{"subject":"eu-"}}"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_filter(&self, filter: Filter) -> Registration<'_> {
        Registration::new(self).filter(filter)
    }

    /// Starts a registration under a durable name, which identifies the handler's subscription.
    ///
    /// A service requires the name, because the path of a closure is not stable. It consists of
    /// ASCII letters, digits, `_`, and single `-` between them.
    ///
    /// ```
    /// use eventkit::{Event, Policy, Registry};
    ///
    /// static SHOP: Registry = Registry::new("shop");
    ///
    /// let patient = Policy::new().attempts(50);
    /// SHOP.with_name("receipt").policy(patient).register("placed", |event: &Event| println!("{event}"));
    /// ```
    pub fn with_name(&self, name: &'static str) -> Registration<'_> {
        Registration::new(self).name(name)
    }
}

/// A registration of a closure with options such as a filter, a name and a policy.
#[derive(Debug, Clone)]
#[must_use = "the handler is registered only when a `register` method is called"]
pub struct Registration<'r> {
    registry: &'r Registry,
    filter: Option<Filter>,
    name: Option<&'static str>,
    former_names: &'static [&'static str],
    start: Option<StartPosition>,
    policy: Policy,
    emits: Vec<&'static [&'static str]>,
}

impl<'r> Registration<'r> {
    fn new(registry: &'r Registry) -> Self {
        Self {
            registry,
            filter: None,
            name: None,
            former_names: &[],
            start: None,
            policy: Policy::new(),
            emits: Vec::new(),
        }
    }

    /// Sets the filter that an event must match.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Sets the durable name, which services use for the handler's subscription.
    pub fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the former durable names, most recent first. A service continues the
    /// subscription of the first name that has one.
    pub fn formerly(mut self, names: &'static [&'static str]) -> Self {
        self.former_names = names;
        self
    }

    /// Sets the position at which a new subscription starts. The default is the oldest message.
    pub fn start(mut self, start: StartPosition) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets the policy of the handler.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Declares that the closure emits the events of a set, in addition to those of its return
    /// type; see [`Handler::emits`](super::Handler::emits).
    pub fn emits<E: EventSet>(mut self) -> Self {
        self.emits.push(E::TYPES);
        self
    }

    /// Registers a closure for the events of a type or pattern.
    ///
    /// # Panics
    ///
    /// Panics if [`Registry::register`] does.
    #[track_caller]
    pub fn register<F, P>(self, pattern: impl Into<String>, handler: F)
    where
        F: HandlerClosure<Event, P>,
    {
        self.add(Some(pattern.into()), None, borrowing(handler));
    }

    /// Registers a closure that returns a future, for the events of a type or pattern.
    ///
    /// # Panics
    ///
    /// Panics if [`Registry::register`] does.
    #[track_caller]
    pub fn register_async<F, P>(self, pattern: impl Into<String>, handler: F)
    where
        F: AsyncHandlerClosure<Event, P>,
    {
        self.add(Some(pattern.into()), None, owning(handler));
    }

    /// Registers a closure for the events of a Rust type.
    #[track_caller]
    pub fn register_typed<T, F, P>(self, handler: F)
    where
        T: CloudEvent,
        F: HandlerClosure<T, P>,
    {
        let typed = TypedEvent::of::<T>();
        self.add(None, Some(typed), borrowing(handler));
    }

    /// Registers a closure that returns a future, for the events of a Rust type.
    #[track_caller]
    pub fn register_typed_async<T, F, P>(self, handler: F)
    where
        T: CloudEvent,
        F: AsyncHandlerClosure<T, P>,
    {
        let typed = TypedEvent::of::<T>().taken_by_value(T::CLONING.is_clone());
        self.add(None, Some(typed), owning(handler));
    }

    #[track_caller]
    fn add(self, pattern: Option<String>, typed: Option<TypedEvent>, closure: Closure) {
        if let Some(pattern) = &pattern
            && let Err(reason) = pattern::check(pattern)
        {
            panic!("invalid pattern {pattern:?}: {reason}");
        }
        let location = Location::caller().into();
        let metadata = HandlerMetadata {
            durable_name: self.name,
            former_names: self.former_names,
            start: self.start,
            policy: self.policy,
            returns: closure.returns,
            needs_event: closure.needs.event,
            sends: closure.needs.sends,
            requires: closure.needs.requires,
            ..HandlerMetadata::new(closure.name, location, typed, &[])
        };
        let (call, filter, emits) = (closure.call, self.filter, self.emits);
        let entry = HandlerEntry::registered(&metadata, call, pattern, filter, emits);
        self.registry
            .update(|added| added.push(HandlerRef::registered(entry)));
    }
}

/// A type-erased closure.
struct Closure {
    name: &'static str,
    call: Call,
    needs: ExtractorNeeds,
    returns: &'static [&'static str],
}

/// Wraps a closure that borrows its event.
fn borrowing<E, F, P>(handler: F) -> Closure
where
    E: HandlerEvent,
    F: HandlerClosure<E, P>,
{
    Closure {
        name: type_name::<F>(),
        needs: F::NEEDS,
        returns: F::Returned::EMITS,
        call: Call::SyncClosure(Box::new(move |invocation| {
            let returned = handler.call(E::borrow(invocation)?, invocation)?;
            let outcome = returned.into_outcome(invocation.outgoing());
            outcome.map_err(Box::new)
        })),
    }
}

/// Wraps a closure that takes its event by value and returns a future.
fn owning<E, F, P>(handler: F) -> Closure
where
    E: HandlerEvent,
    F: AsyncHandlerClosure<E, P>,
{
    Closure {
        name: type_name::<F>(),
        needs: F::NEEDS,
        returns: <F::Future as Future>::Output::EMITS,
        call: Call::AsyncClosure(Box::new(move |invocation| {
            let event = E::own(invocation, E::CLONING);
            let future = event.and_then(|event| handler.call(event, invocation));
            Box::pin(async move {
                let returned = future?.await;
                let outcome = returned.into_outcome(invocation.outgoing());
                outcome.map_err(Box::new)
            })
        })),
    }
}
