//! The checks of `#[handles]` that need types, run by the compiler.

use super::entry::{Outcome, OutcomeFuture};
use super::failure::Failure;
use super::handler::TypedEvent;
use super::invocation::{HandlerEvent, Invocation};
use crate::event::DOCUMENTED;
use crate::pattern;
use crate::typed::{Cloning, ConstString, contains, is_attribute_text};

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
#[derive(Debug)]
pub struct OwnEvent<E> {
    get: fn(&Invocation<'_>, Cloning<E>) -> Result<E, Failure>,
    cloning: Cloning<E>,
}

/// The facts that the generated code has about the type of its event.
///
/// The bound is on one function only, [`borrowed_event`] or [`owned_event`], so that a type that is
/// not an event is one error.
#[derive(Debug)]
pub struct EventMeta<G> {
    /// Gets the event as the handler takes it, a [`BorrowEvent`] or an [`OwnEvent`]. Only one of
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
///
/// `probed` is the answer for the type where the handler stands. The type itself knows more where it
/// is an enum.
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
    /// Returns the event for a handler that borrows it.
    ///
    /// # Errors
    ///
    /// Returns an error if the event is not such a value.
    #[inline]
    pub fn borrow<'a>(&self, invocation: &'a Invocation<'a>) -> Result<&'a E, Failure> {
        (self.get)(invocation)
    }
}

impl<E> EventMeta<OwnEvent<E>> {
    /// Returns the event for a handler that takes it by value.
    ///
    /// # Errors
    ///
    /// Returns an error if the event is not such a value.
    #[inline]
    pub fn own(&self, invocation: &Invocation<'_>) -> Result<E, Failure> {
        (self.get.get)(invocation, self.get.cloning)
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

    /// Checks that the events of each type that a handler takes have an attribute of its filter.
    ///
    /// The core attributes are not asked for. `patterns` are those of the handler.
    ///
    /// # Panics
    ///
    /// Panics at compile time if the events of a type may not have the attribute.
    #[track_caller]
    pub const fn check_filter(&self, handler: &str, attribute: &str, patterns: &[&str]) {
        if let Some((ty, extensions)) = self.type_without(attribute, patterns) {
            let message = no_attribute("filter", handler, attribute, ty, extensions);
            let message = message
                .push(" Guard any other: `EXISTS ")
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
    /// Panics at compile time if the events of a type may not have the attribute.
    #[track_caller]
    pub const fn check_key(&self, handler: &str, attribute: &str, patterns: &[&str]) {
        if let Some((ty, extensions)) = self.type_without(attribute, patterns) {
            let message = no_attribute("key", handler, attribute, ty, extensions);
            let message = message.push(
                " For any other, write a function: `key = order_of`, where `fn order_of(event: &Event) -> Option<String>`",
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
        .push("`, which is no attribute of \"")
        .push(ty)
        .push("\": these are `id`, `source`, `type`, `subject`, `time`, `datacontenttype`, `dataschema`")
        .push_names(extensions)
        .push(", and the documented extensions; fields of the data are none.")
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

/// Checks an event type or pattern that a constant gives; the macro checks literals.
///
/// # Panics
///
/// Panics at compile time if it is empty, has control characters, or a `*` that is not a whole
/// segment.
#[track_caller]
pub const fn check_pattern(text: &str) {
    assert!(
        is_attribute_text(text) && !text.is_empty(),
        "an event type is not empty, and has no control characters"
    );
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let starts = at == 0 || bytes[at - 1] == b'.';
        let ends = at + 1 == bytes.len() || bytes[at + 1] == b'.';
        assert!(
            bytes[at] != b'*' || (starts && ends),
            "a `*` stands for a whole segment between dots"
        );
        at += 1;
    }
}
