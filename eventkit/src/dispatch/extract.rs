//! Extractors: parameters of a handler after the event.

use std::any::type_name;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use thiserror::Error;

use super::failure::Failure;
use super::invocation::{Context, Invocation};
use super::outgoing::Outgoing;
use super::state::Requirements;
use crate::error::{BoxError, DecodeError};
use crate::event::{Timestamp, Violation};
use crate::extension::Extension;
use crate::typed::{AttributeSource, EventSet};

/// A type that can be a parameter of a handler, after the event.
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
///         Ok(Self(tenant.ok_or("the source has no tenant")?.to_owned()))
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
///
/// An extractor may call others, such as `State::<Db>::extract(context)?`. `Option<T>` is an
/// extractor only for types of this crate. A type for a value that may be absent contains the
/// `Option`: `struct Tenant(Option<String>)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a handler",
    label = "not an extractor",
    note = "after the event, a handler may take `eventkit::State<S>`, `Id`, `Source`, `Type`, `Subject`, `Time`, `&Context`, `Outgoing`, or a type that implements `eventkit::Extract`",
    note = "only an `async fn` may take a type that implements `eventkit::ExtractAsync` but not `eventkit::Extract`",
    note = "`State<S>` is cloned for each call: derive `Clone` for `S`, or take `State<Arc<S>>`",
    note = "`Outgoing` sends any event, `Outgoing<E>` the events of an event type or of an enum of event types",
    note = "for a documented extension, take its type, such as `eventkit::extension::TraceParent`",
    note = "for any other extension attribute, write `#[extension(\"name\")] value: String`"
)]
pub trait Extract<'a>: Sized {
    /// Whether the extractor reads the envelope. Some extractors of this crate do not.
    #[doc(hidden)]
    const NEEDS_EVENT: bool = true;

    /// The event types that a handler may send through the extractor, or `"*"` if they are unknown.
    ///
    /// An extractor that contains an [`Outgoing`] sets the types of its set, such as
    /// `ShopEvent::TYPES`.
    const EMITS: &'static [&'static str] = &[];

    /// Extracts the value for a call of a handler.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be extracted. The handler is not called then, and the
    /// report contains the error. A [`DecodeError`] means that the event is malformed, and becomes
    /// a [`Failure::Decode`].
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError>;

    /// Adds the state that the extractor requires, so that missing state is found before the first
    /// event.
    fn requires(requirements: &mut Requirements) {
        let _ = requirements;
    }

    #[doc(hidden)]
    fn from_invocation(invocation: &'a Invocation<'a>) -> Result<Self, Failure> {
        Self::extract(invocation.context()?).map_err(Failure::from_extractor::<Self>)
    }
}

/// A type that can be a parameter of an async handler, after the event, and whose extraction is
/// async.
///
/// Every [`Extract`] type implements it too. A sync handler can only take [`Extract`] types.
///
/// ```
/// use eventkit::{BoxError, Context, Dispatcher, Event, Extract, ExtractAsync, Registry, Requirements};
/// use eventkit::{State, handles};
///
/// #[derive(Clone)]
/// struct Customers;
///
/// impl Customers {
///     async fn name(&self, id: &str) -> Option<String> {
///         (id == "7").then(|| "Ada".to_owned())
///     }
/// }
///
/// /// The name of the customer that the event is about.
/// struct CustomerName(String);
///
/// impl<'a> ExtractAsync<'a> for CustomerName {
///     async fn extract_async(context: &'a Context<'a>) -> Result<Self, BoxError> {
///         let State(customers) = State::<Customers>::extract(context)?;
///         let id = context.event().subject().ok_or("no customer")?;
///         let name = customers.name(id).await;
///         Ok(Self(name.ok_or("an unknown customer")?))
///     }
///
///     fn requires(requirements: &mut Requirements) {
///         requirements.state::<Customers>();
///     }
/// }
///
/// static GREETINGS: Registry = Registry::new("greetings");
///
/// #[handles("*", registry = GREETINGS)]
/// async fn greet(_event: &Event, CustomerName(name): CustomerName) {
///     println!("hello {name}");
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let app = Dispatcher::new(&GREETINGS).state(Customers).build()?;
/// let event = Event::builder().source("/shop").ty("t").subject("7").build()?;
/// app.dispatch_async(&event).await?;
/// # Ok::<(), BoxError>(())
/// # })?;
/// # Ok::<(), BoxError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of an async handler",
    label = "not an extractor",
    note = "after the event, a handler may take `eventkit::State<S>`, `Id`, `Source`, `Type`, `Subject`, `Time`, `&Context`, `Outgoing`, or a type that implements `eventkit::Extract` or `eventkit::ExtractAsync`",
    note = "`State<S>` is cloned for each call: derive `Clone` for `S`, or take `State<Arc<S>>`",
    note = "for a documented extension, take its type, such as `eventkit::extension::TraceParent`",
    note = "for any other extension attribute, write `#[extension(\"name\")] value: String`"
)]
pub trait ExtractAsync<'a>: Sized {
    /// Whether the extractor reads the envelope. Some extractors of this crate do not.
    #[doc(hidden)]
    const NEEDS_EVENT: bool = true;

    /// The event types that a handler may send through the extractor, as [`Extract::EMITS`].
    const EMITS: &'static [&'static str] = &[];

    /// Extracts the value for a call of a handler.
    ///
    /// # Errors
    ///
    /// Returns an error if [`Extract::extract`] does.
    fn extract_async(
        context: &'a Context<'a>,
    ) -> impl Future<Output = Result<Self, BoxError>> + Send;

    /// Adds the state that the extractor requires, so that missing state is found before the first
    /// event.
    fn requires(requirements: &mut Requirements) {
        let _ = requirements;
    }

    #[doc(hidden)]
    fn extracting(invocation: &'a Invocation<'a>) -> Extracting<'a, Self> {
        Extracting::Waiting(Box::pin(async {
            let extracted = Self::extract_async(invocation.context()?).await;
            extracted.map_err(Failure::from_extractor::<Self>)
        }))
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: Extract<'a>> ExtractAsync<'a> for T {
    const NEEDS_EVENT: bool = T::NEEDS_EVENT;

    const EMITS: &'static [&'static str] = T::EMITS;

    async fn extract_async(context: &'a Context<'a>) -> Result<Self, BoxError> {
        T::extract(context)
    }

    fn requires(requirements: &mut Requirements) {
        T::requires(requirements);
    }

    #[inline]
    fn extracting(invocation: &'a Invocation<'a>) -> Extracting<'a, Self> {
        Extracting::Ready(Some(T::from_invocation(invocation)))
    }
}

/// The future of an extractor.
///
/// This is a named type instead of an `impl Future`, so that a type that is not an extractor causes
/// only one error.
#[doc(hidden)]
#[must_use = "futures do nothing unless polled"]
pub enum Extracting<'a, T> {
    /// A value that was extracted immediately, or `None` after it was returned.
    Ready(Option<Result<T, Failure>>),
    /// An extraction that is still running.
    Waiting(Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>),
}

impl<T> fmt::Debug for Extracting<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready(_) => "Ready",
            Self::Waiting(_) => "Waiting",
        })
    }
}

// The value is moved out and never pinned.
impl<T> Unpin for Extracting<'_, T> {}

impl<T> Future for Extracting<'_, T> {
    type Output = Result<T, Failure>;

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Ready(extracted) => extracted.take().map_or(Poll::Pending, Poll::Ready),
            Self::Waiting(future) => future.as_mut().poll(context),
        }
    }
}

/// The error for a handler that requires missing state.
#[derive(Debug, Error)]
#[error("missing state of type `{0}`: add it with `Dispatcher::new(..).state(..)`")]
struct MissingState(&'static str);

/// Returns the error for an absent attribute that a handler takes without `Option`.
fn absent(name: &'static str) -> DecodeError {
    let expected = "a value: the handler takes it without `Option`";
    Violation::missing(name, expected, "as the Rust type requires").into()
}

/// An extractor of a clone of the [`Dispatcher`](super::Dispatcher)'s state of type `S`. If the
/// state may be missing, take `Option<State<S>>`.
///
/// ```
/// use eventkit::{Dispatcher, Event, Registry, State, handles};
///
/// #[derive(Clone)]
/// struct Prefix(&'static str);
///
/// static LOGGED: Registry = Registry::new("logged");
///
/// #[handles("*", registry = LOGGED)]
/// fn log(event: &Event, prefix: Option<State<Prefix>>) {
///     let prefix = prefix.map_or("", |State(prefix)| prefix.0);
///     println!("{prefix}{event}");
/// }
///
/// let event = Event::builder().source("/s").ty("t").build()?;
/// LOGGED.dispatch(&event)?;
/// Dispatcher::new(&LOGGED).state(Prefix("> ")).build()?.dispatch(&event)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

    fn from_invocation(invocation: &'a Invocation<'a>) -> Result<Self, Failure> {
        match invocation.states().get::<S>() {
            Some(state) => Ok(Self(state.clone())),
            None => Err(Failure::from_extractor::<Self>(
                MissingState(type_name::<S>()).into(),
            )),
        }
    }
}

/// Extracts the state, or `None` if the [`Dispatcher`](super::Dispatcher) has no state of this
/// type.
impl<'a, S: Clone + Send + Sync + 'static> Extract<'a> for Option<State<S>> {
    const NEEDS_EVENT: bool = false;

    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(context.state::<S>().cloned().map(State))
    }

    fn from_invocation(invocation: &'a Invocation<'a>) -> Result<Self, Failure> {
        Ok(invocation.states().get::<S>().cloned().map(State))
    }
}

impl<'a, E: EventSet> Extract<'a> for Outgoing<E> {
    const NEEDS_EVENT: bool = false;

    const EMITS: &'static [&'static str] = E::TYPES;

    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(Self::of_call(context.outgoing))
    }

    fn from_invocation(invocation: &'a Invocation<'a>) -> Result<Self, Failure> {
        Ok(Self::of_call(invocation.outgoing()))
    }
}

impl<'a> Extract<'a> for &'a Context<'a> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(context)
    }
}

/// An extractor of the event's id.
///
/// The [module](crate::extract) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id<'a>(pub &'a str);

impl<'a> Extract<'a> for Id<'a> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(Self(context.event().id()))
    }
}

/// An extractor of the event's source.
///
/// The [module](crate::extract) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a>(pub &'a str);

impl<'a> Extract<'a> for Source<'a> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(Self(context.event().source()))
    }
}

/// An extractor of the event's type.
///
/// The [module](crate::extract) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Type<'a>(pub &'a str);

impl<'a> Extract<'a> for Type<'a> {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(Self(context.event().ty()))
    }
}

/// An extractor of the event's subject. If it may be absent, take `Option<Subject>`.
///
/// The [module](crate::extract) has an example.
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

/// An extractor of the event's time. If it may be absent, take `Option<Time>`.
///
/// The [module](crate::extract) has an example.
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
