//! Checks of `#[handles]` that need type information, evaluated at compile time.

use super::entry::{Outcome, OutcomeFuture};
use super::failure::Failure;
use super::handler::TypedEvent;
use super::invocation::{HandlerEvent, Invocation};
use crate::event::DOCUMENTED;
use crate::pattern;
use crate::typed::{Cloning, ConstString, contains, is_attribute_text};

/// Boxes the future of an async handler.
///
/// If the future is not [`Send`], the compiler error shows the name of this function.
pub fn require_send<'a, F>(future: F) -> OutcomeFuture<'a>
where
    F: Future<Output = Outcome> + Send + 'a,
{
    Box::pin(future)
}

/// A function that returns the event to a handler that borrows it.
pub type BorrowEvent<E> = for<'a> fn(&'a Invocation<'a>) -> Result<&'a E, Failure>;

/// A function that returns the event to a handler that takes it by value.
#[derive(Debug)]
pub struct OwnEvent<E> {
    get: fn(&Invocation<'_>, Cloning<E>) -> Result<E, Failure>,
    cloning: Cloning<E>,
}

/// The type information that generated code has about the event of a handler.
///
/// Only [`borrowed_event`] and [`owned_event`] have the bound, so that a type that is not an event
/// causes one error.
#[derive(Debug)]
pub struct EventMeta<G> {
    /// Returns the event in the form that the handler takes: a [`BorrowEvent`] or an [`OwnEvent`].
    /// A handler has only one of them, because each would be compiled for each type.
    pub get: G,
    /// The Rust type, or `None` if the handler takes the envelope.
    pub typed: Option<TypedEvent>,
}

/// Returns the metadata of an event that a handler borrows.
#[must_use]
pub const fn borrowed_event<E: HandlerEvent>() -> EventMeta<BorrowEvent<E>> {
    EventMeta {
        get: E::borrow,
        typed: E::TYPED,
    }
}

/// Returns the metadata of an event that a handler takes by value.
///
/// `probed` tells whether the type is `Clone` where the handler is defined. For an enum, the
/// metadata of the type is more precise.
#[must_use]
pub const fn owned_event<E: HandlerEvent>(probed: Cloning<E>) -> EventMeta<OwnEvent<E>> {
    let typed = match E::TYPED {
        Some(typed) => Some(typed.taken_by_value(probed.is_clone())),
        None => None,
    };
    let get = OwnEvent {
        get: E::own,
        cloning: probed,
    };
    EventMeta { get, typed }
}

impl<E: 'static> EventMeta<BorrowEvent<E>> {
    /// Returns the event to a handler that borrows it.
    ///
    /// # Errors
    ///
    /// Returns an error if the event cannot be decoded as this type.
    #[inline]
    pub fn borrow<'a>(&self, invocation: &'a Invocation<'a>) -> Result<&'a E, Failure> {
        (self.get)(invocation)
    }
}

impl<E> EventMeta<OwnEvent<E>> {
    /// Returns the event to a handler that takes it by value.
    ///
    /// # Errors
    ///
    /// Returns an error if the event cannot be decoded as this type.
    #[inline]
    pub fn own(&self, invocation: &Invocation<'_>) -> Result<E, Failure> {
        (self.get.get)(invocation, self.get.cloning)
    }
}

impl<G> EventMeta<G> {
    /// Checks that an event type or pattern in the attribute matches a type of the parameter.
    ///
    /// # Panics
    ///
    /// Panics at compile time if they do not match.
    #[track_caller]
    pub const fn check_type(&self, handler: &str, literal: &str, event: &str) {
        let Some(TypedEvent {
            types,
            has_other: false,
            ..
        }) = self.typed
        else {
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

    /// Checks that a handler without event types does not take the envelope.
    ///
    /// # Panics
    ///
    /// Panics at compile time if the handler takes the envelope.
    #[track_caller]
    pub const fn check_untyped(&self, handler: &str) {
        if self.typed.is_none() {
            let message = ConstString::new()
                .push("`")
                .push(handler)
                .push("` takes the envelope, so it must name its event types: ");
            let message =
                message.push("write `#[handles(\"..\")]`, or `#[handles(\"*\")]` for all events");
            panic!("{}", message.as_str())
        }
    }

    /// Checks that the events of all types that a handler takes have an attribute of its filter.
    ///
    /// The core attributes need no check. `patterns` are the handler's patterns.
    ///
    /// # Panics
    ///
    /// Panics at compile time if the events of a type may lack the attribute.
    #[track_caller]
    pub const fn check_filter(&self, handler: &str, attribute: &str, patterns: &[&str]) {
        if let Some((ty, extensions)) = self.type_without(attribute, patterns) {
            let message = no_attribute("filter", handler, attribute, ty, extensions);
            let message = message
                .push(" Guard any other attribute: `EXISTS ")
                .push(attribute)
                .push(" AND ..`");
            panic!("{}", message.as_str())
        }
    }

    /// Checks that the events of each type that a handler takes have the attribute of its key.
    ///
    /// Without it they would be in no order, and nothing would say so.
    ///
    /// # Panics
    ///
    /// Panics at compile time if the events of a type may lack the attribute.
    #[track_caller]
    pub const fn check_key(&self, handler: &str, attribute: &str, patterns: &[&str]) {
        if let Some((ty, extensions)) = self.type_without(attribute, patterns) {
            let message = no_attribute("key", handler, attribute, ty, extensions);
            let message = message.push(
                " For any other attribute, write a function: `key = order_of`, where `fn order_of(event: &Event) -> Option<String>`",
            );
            panic!("{}", message.as_str())
        }
    }

    /// Returns the first type that a handler takes whose events may not have an attribute, with
    /// the extensions that they have.
    const fn type_without(
        &self,
        attribute: &str,
        patterns: &[&str],
    ) -> Option<(&'static str, &'static [&'static str])> {
        let Some(TypedEvent {
            types, extensions, ..
        }) = self.typed
        else {
            return None;
        };
        let mut at = 0;
        while at < types.len() && at < extensions.len() {
            let known = contains(extensions[at], attribute) || contains(&DOCUMENTED, attribute);
            if !known && selects(patterns, types[at]) {
                return Some((types[at], extensions[at]));
            }
            at += 1;
        }
        None
    }
}

/// Returns the message that the events of a type do not have an attribute.
const fn no_attribute(
    reader: &str,
    handler: &str,
    attribute: &str,
    ty: &str,
    extensions: &[&str],
) -> ConstString {
    let message = ConstString::new()
        .push("the ")
        .push(reader)
        .push(" of `")
        .push(handler)
        .push("` reads `")
        .push(attribute);
    message
        .push("`, which is not an attribute of \"")
        .push(ty)
        .push("\": its attributes are `id`, `source`, `type`, `subject`, `time`, `datacontenttype`, `dataschema`")
        .push_names(extensions)
        .push(", and the documented extensions, but not the fields of its data.")
}

/// Returns whether a handler with these patterns takes events of a type.
const fn selects(patterns: &[&str], ty: &str) -> bool {
    let mut at = 0;
    while at < patterns.len() {
        if pattern::matches(patterns[at], ty) {
            return true;
        }
        at += 1;
    }
    patterns.is_empty()
}

/// Checks an event type or pattern in a constant. The macro checks literals.
///
/// # Panics
///
/// Panics at compile time if it is empty, contains control characters, or contains a `*` that is
/// not a whole segment.
#[track_caller]
pub const fn check_pattern(text: &str) {
    assert!(
        is_attribute_text(text) && !text.is_empty(),
        "an event type must not be empty or contain control characters"
    );
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let starts = at == 0 || bytes[at - 1] == b'.';
        let ends = at + 1 == bytes.len() || bytes[at + 1] == b'.';
        assert!(
            bytes[at] != b'*' || (starts && ends),
            "a `*` must be a whole segment between dots"
        );
        at += 1;
    }
}
