//! The checks of `#[handles]` that need types, run by the compiler.

use super::entry::{Outcome, OutcomeFuture};
use super::failure::Failure;
use super::handler::TypedEvent;
use super::invocation::{HandlerEvent, Invocation};
use crate::pattern;
use crate::typed::ConstString;

/// Boxes the future of an async handler.
///
/// The compiler shows the name of this function if the future is not [`Send`].
pub fn require_send<'a, F>(future: F) -> OutcomeFuture<'a>
where
    F: Future<Output = Outcome> + Send + 'a,
{
    Box::pin(future)
}

/// A function that returns the event for a handler that borrows it.
pub type BorrowEvent<E> = for<'a> fn(&'a Invocation<'a>) -> Result<&'a E, Failure>;

/// A function that returns the event for a handler that takes it by value.
pub type OwnEvent<E> = fn(&Invocation<'_>) -> Result<E, Failure>;

/// The facts that the generated code has about the type of its event.
///
/// The bound is on one function only, [`borrowed_event`] or [`owned_event`], so that a type that is
/// not an event is one error.
#[derive(Debug)]
pub struct EventMeta<G> {
    /// Returns the event as the handler takes it, a [`BorrowEvent`] or an [`OwnEvent`]. Only one of
    /// them, because each is compiled for each type.
    pub get: G,
    /// The Rust type, or `None` for the envelope.
    pub typed: Option<TypedEvent>,
}

/// Returns the metadata of a type that a handler borrows.
#[must_use]
pub const fn borrowed_event<E: HandlerEvent>() -> EventMeta<BorrowEvent<E>> {
    EventMeta {
        get: E::borrow,
        typed: E::TYPED,
    }
}

/// Returns the metadata of a type that a handler takes by value.
#[must_use]
pub const fn owned_event<E: HandlerEvent>() -> EventMeta<OwnEvent<E>> {
    EventMeta {
        get: E::own,
        typed: E::TYPED,
    }
}

impl<G> EventMeta<G> {
    /// Checks that a type or pattern is one of the parameter's.
    ///
    /// # Panics
    ///
    /// Panics at compile time if the literal and the parameter do not match.
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

    /// Checks that an envelope handler has a type.
    ///
    /// # Panics
    ///
    /// Panics at compile time if the parameter is the envelope.
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
