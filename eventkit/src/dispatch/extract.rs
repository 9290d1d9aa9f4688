//! Extractors: what the parameters of a handler after the event may be.

use std::any::type_name;

use thiserror::Error;

use super::context::Context;
use super::delivery::Delivery;
use super::failure::Failure;
use super::state::Requirements;
use crate::error::{BoxError, DecodeError};
use crate::event::{Timestamp, Violation};
use crate::extension::Extension;
use crate::typed::AttributeSource;

/// Is implemented by types that a handler may take as a parameter after the event.
///
/// ```
/// use eventkit::{BoxError, Context, Extract, Event, Registry, handles};
///
/// /// The first segment of the source.
/// struct Tenant(String);
///
/// impl<'a> Extract<'a> for Tenant {
///     fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
///         let tenant = context.event().source().split('/').nth(1);
///         Ok(Self(tenant.ok_or("the source names no tenant")?.to_owned()))
///     }
/// }
///
/// static TENANTS: Registry = Registry::new("tenants");
///
/// #[handles("*", registry = TENANTS)]
/// fn count(_event: &Event, Tenant(tenant): Tenant) {
///     println!("one more for {tenant}");
/// }
///
/// let event = Event::builder().source("/acme/orders").ty("t").build()?;
/// TENANTS.dispatch(&event)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a handler",
    label = "not an extractor",
    note = "after the event a handler takes `State<S>`, `Id`, `Source`, `Type`, `Subject`, `Time`, `&Context`, or a type that implements `eventkit::Extract`",
    note = "the documented extensions are taken by type, such as `eventkit::extension::TraceParent`",
    note = "an extension attribute is taken by name: `#[extension(\"name\")] value: String`"
)]
pub trait Extract<'a>: Sized {
    /// Whether it looks at the event; only what is built in may do without.
    #[doc(hidden)]
    const NEEDS_EVENT: bool = true;

    /// Makes the value for one call of a handler.
    ///
    /// # Errors
    ///
    /// Where the event does not have what is wanted; the handler is then not called, and the error
    /// is in the report. A [`DecodeError`] says that the event is at fault, and so becomes a
    /// [`Failure::Decode`].
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError>;

    /// Says which state it will need, so that a missing one is found before the first event.
    fn requires(requirements: &mut Requirements) {
        let _ = requirements;
    }

    #[doc(hidden)]
    fn from_delivery(delivery: &'a Delivery<'a>) -> Result<Self, Failure> {
        Self::extract(delivery.context()?).map_err(Failure::from_extractor)
    }
}

/// Says that the envelope was asked for where none was made.
#[derive(Debug, Error)]
#[error("the event has no envelope")]
pub(crate) struct MissingEvent;

/// Says that there is no state of a type.
#[derive(Debug, Error)]
#[error("there is no state of type `{0}`; add it with `Dispatcher::new(..).state(..)`")]
struct MissingState(&'static str);

/// Says that an optional attribute is not set, but taken without an [`Option`].
fn absent(name: &'static str) -> DecodeError {
    let expected = "a value: the handler takes it without `Option`";
    Violation::missing(name, expected, "as the Rust type asks").into()
}

/// Takes a clone of the state of type `S` that a [`Dispatcher`](super::Dispatcher) was given.
#[derive(Debug, Clone, Copy)]
pub struct State<S>(pub S);

impl<'a, S: Clone + Send + Sync + 'static> Extract<'a> for State<S> {
    const NEEDS_EVENT: bool = false;

    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        let state = context.state::<S>().ok_or(MissingState(type_name::<S>()))?;
        Ok(Self(state.clone()))
    }

    fn requires(requirements: &mut Requirements) {
        requirements.state::<S>();
    }

    fn from_delivery(delivery: &'a Delivery<'a>) -> Result<Self, Failure> {
        let state = delivery
            .states()
            .get::<S>()
            .ok_or(MissingState(type_name::<S>()));
        state
            .cloned()
            .map(Self)
            .map_err(|error| Failure::Extract(error.into()))
    }
}

impl<'a> Extract<'a> for &'a Context<'a> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(context)
    }
}

/// Takes the id of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id<'a>(pub &'a str);

impl<'a> Extract<'a> for Id<'a> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(Self(context.event().id()))
    }
}

/// Takes the source of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a>(pub &'a str);

impl<'a> Extract<'a> for Source<'a> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(Self(context.event().source()))
    }
}

/// Takes the type of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Type<'a>(pub &'a str);

impl<'a> Extract<'a> for Type<'a> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(Self(context.event().ty()))
    }
}

/// Takes the subject of the event, which has to have one; `Option<Subject>` where it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a>(pub &'a str);

impl<'a> Extract<'a> for Option<Subject<'a>> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(context.event().subject().map(Subject))
    }
}

impl<'a> Extract<'a> for Subject<'a> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(Option::extract(context)?.ok_or_else(|| absent("subject"))?)
    }
}

/// Takes the time of the event, which has to have one; `Option<Time>` where it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl<'a> Extract<'a> for Option<Time> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(context.event().time().map(Time))
    }
}

impl<'a> Extract<'a> for Time {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(Option::extract(context)?.ok_or_else(|| absent("time"))?)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, E: Extension> Extract<'a> for E {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(context.event().read_attribute(E::NAME)?)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, E: Extension> Extract<'a> for Option<E> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(context.event().read_attribute(E::NAME)?)
    }
}
