//! Contexts for tests of extractors.

use std::panic::Location;

use super::collection::LazyOutgoing;
use super::handler::{Handler, HandlerMetadata};
use super::invocation::Context;
use super::state::StateMap;
use crate::event::Event;

/// A builder for a [`Context`], for tests of extractors.
///
/// It owns what the context borrows, so it must outlive the context.
///
/// ```
/// use eventkit::{BoxError, Context, Event, Extract};
///
/// #[derive(Clone)]
/// struct Tenants(Vec<String>);
///
/// #[derive(Debug, PartialEq)]
/// struct Tenant(String);
///
/// impl<'a> Extract<'a> for Tenant {
///     fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
///         let Tenants(known) = context.state().ok_or("no tenants")?;
///         let tenant = known.iter().find(|tenant| context.event().source() == **tenant);
///         Ok(Self(tenant.ok_or("an unknown tenant")?.clone()))
///     }
/// }
///
/// let event = Event::builder().source("/acme").ty("t").build()?;
/// let builder = Context::builder(event).state(Tenants(vec!["/acme".into()]));
/// assert_eq!(Tenant::extract(&builder.build())?, Tenant("/acme".into()));
/// # Ok::<(), BoxError>(())
/// ```
#[derive(Debug)]
pub struct ContextBuilder {
    event: Event,
    handler: Handler,
    states: StateMap,
    outgoing: LazyOutgoing,
}

impl Context<'_> {
    /// Returns a builder for a context for an event, for tests of extractors.
    ///
    /// The context's handler is named `handler` and takes the envelope.
    #[track_caller]
    #[must_use]
    pub fn builder(event: Event) -> ContextBuilder {
        let location = Location::caller().into();
        let metadata = HandlerMetadata::new("handler", location, None, &["*"]);
        ContextBuilder {
            event,
            handler: Handler::new(&metadata),
            states: StateMap::default(),
            outgoing: LazyOutgoing::default(),
        }
    }
}

impl ContextBuilder {
    /// Adds state, and replaces state of the same type.
    #[must_use]
    pub fn state<S: Clone + Send + Sync + 'static>(mut self, state: S) -> Self {
        self.states.insert(state);
        self
    }

    /// Sets the name of the handler: the path of its function.
    #[must_use]
    pub fn handler_name(mut self, name: &'static str) -> Self {
        self.handler.metadata.name = name;
        self
    }

    /// Returns the context.
    ///
    /// All contexts of a builder share one [`Outgoing`](crate::Outgoing).
    #[must_use]
    pub fn build(&self) -> Context<'_> {
        Context::new(&self.event, &self.handler, &self.states, &self.outgoing)
    }
}
