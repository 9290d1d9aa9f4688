//! The checks of `#[handles]` that need types, run by the compiler.

use std::any::{TypeId, type_name};
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use super::call::{Outcome, OutcomeFuture};
use super::delivery::{Delivery, HandlerEvent};
use super::failure::Failure;
use super::handler::TypedEvent;
use super::pattern;
use super::plain::PlainCalls;
#[cfg(feature = "service")]
use super::slot::Decode;
use crate::typed::ConstString;

/// Takes the future of an async handler.
///
/// The compiler shows the name of this function where the future is not [`Send`].
pub fn drop_what_is_not_send_before_each_await<'a, F>(future: F) -> OutcomeFuture<'a>
where
    F: Future<Output = Outcome> + Send + 'a,
{
    OutcomeFuture::from_or_box(future)
}

/// Returns the event for a handler that borrows it.
pub type Borrow<E> = for<'a> fn(&'a Delivery<'a>) -> Result<&'a E, Failure>;

/// Returns the event for a handler that takes it by value.
pub type Own<E> = fn(&Delivery<'_>) -> Result<E, Failure>;

/// Is what the code that `#[handles]` generates knows of the type of its event.
///
/// The bound stands in one place, [`event_of`] or [`owned_event_of`], so that a type that is no
/// event is one error.
pub struct EventOf<E: 'static, G = Borrow<E>> {
    /// Returns the event as the handler takes it, a [`Borrow`] or an [`Own`]. Just one of them, since
    /// what stands here is compiled for each type.
    pub get: G,
    /// What the registry has to know.
    pub(crate) typed: Option<TypedEvent>,
    /// Decodes what the handler borrows.
    #[cfg(feature = "service")]
    pub(super) decode: Option<Decode>,
    pub(super) plain: PlainCalls,
    event: PhantomData<fn(&E)>,
}

impl<E: 'static, G> fmt::Debug for EventOf<E, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventOf")
            .field("typed", &self.typed)
            .finish_non_exhaustive()
    }
}

/// Knows a type that a handler may borrow.
#[must_use]
pub const fn event_of<E: HandlerEvent>() -> EventOf<E> {
    EventOf {
        get: E::borrow,
        typed: typed::<E>(),
        #[cfg(feature = "service")]
        decode: E::DECODE,
        plain: PlainCalls::of::<E>(),
        event: PhantomData,
    }
}

/// Knows a type that a handler may take by value.
#[must_use]
pub const fn owned_event_of<E: HandlerEvent>() -> EventOf<E, Own<E>> {
    EventOf {
        get: E::own,
        typed: typed::<E>(),
        #[cfg(feature = "service")]
        decode: None,
        plain: PlainCalls::of::<E>(),
        event: PhantomData,
    }
}

const fn typed<E: HandlerEvent>() -> Option<TypedEvent> {
    match E::TYPES {
        Some(types) => Some(TypedEvent {
            id: TypeId::of::<E>,
            name: type_name::<E>,
            types,
            closed_set: E::CLOSED_SET,
        }),
        None => None,
    }
}

impl<E: 'static, G> EventOf<E, G> {
    /// Refuses a type or pattern that is none of the parameter's.
    ///
    /// # Panics
    ///
    /// While the compiler runs, where the literal and the parameter do not fit.
    #[track_caller]
    pub const fn check_type(&self, handler: &str, literal: &str, event: &str) {
        let Some(TypedEvent { types, .. }) = self.typed else {
            return;
        };
        let mut at = 0;
        while at < types.len() {
            if pattern::matches(literal, types[at]) {
                return;
            }
            at += 1;
        }
        let is = if types.len() == 1 {
            "` is "
        } else {
            "` is one of "
        };
        let message = ConstString::new()
            .push("`")
            .push(handler)
            .push("` handles \"")
            .push(literal);
        let message = message
            .push("\", but `")
            .push(event)
            .push(is)
            .push_types(types);
        panic!("{}", message.as_str())
    }

    /// Refuses an envelope handler that says no type.
    ///
    /// # Panics
    ///
    /// While the compiler runs, where the parameter is the envelope.
    #[track_caller]
    pub const fn check_untyped(&self, handler: &str) {
        if self.typed.is_none() {
            let message = ConstString::new()
                .push("`")
                .push(handler)
                .push("` takes the envelope, so it has to say which types: ");
            let message = message.push("#[handles(\"..\")], or #[handles(\"*\")] for all");
            panic!("{}", message.as_str())
        }
    }
}
