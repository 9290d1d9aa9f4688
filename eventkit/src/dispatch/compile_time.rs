//! The checks of `#[handles]` that need types, run by the compiler.

use super::delivery::HandlerEvent;
use super::pattern;

/// The longest message; more is cut.
const CAPACITY: usize = 600;

/// A message that is put together while the compiler runs, where nothing can be allocated.
struct Message {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl Message {
    const fn new() -> Self {
        let bytes = [0; CAPACITY];
        Self { bytes, len: 0 }
    }

    const fn push(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if self.len + text.len() > CAPACITY {
            return self;
        }
        let mut at = 0;
        while at < text.len() {
            self.bytes[self.len] = text[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    const fn push_types(mut self, types: &[&str]) -> Self {
        let mut at = 0;
        while at < types.len() {
            let separator = if at == 0 { "\"" } else { ", \"" };
            self = self.push(separator).push(types[at]).push("\"");
            at += 1;
        }
        self
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "the event type does not fit the parameter",
        }
    }
}

/// Refuses a type or pattern that is none of the parameter's.
///
/// # Panics
///
/// While the compiler runs, where the literal and the parameter do not fit.
#[track_caller]
pub const fn check_type<E: HandlerEvent>(handler: &str, literal: &str, event: &str) {
    let Some(types) = E::TYPES else {
        return;
    };
    let mut at = 0;
    while at < types.len() {
        if pattern::matches(literal, types[at]) {
            return;
        }
        at += 1;
    }
    let is = if types.len() == 1 { "` is " } else { "` is one of " };
    let message = Message::new().push("`").push(handler).push("` handles \"").push(literal);
    let message = message.push("\", but `").push(event).push(is).push_types(types);
    panic!("{}", message.as_str())
}

/// Refuses an envelope handler that says no type.
///
/// # Panics
///
/// While the compiler runs, where the parameter is the envelope.
#[track_caller]
pub const fn check_untyped<E: HandlerEvent>(handler: &str) {
    if E::TYPES.is_none() {
        let message = Message::new().push("`").push(handler);
        let message = message.push("` takes the envelope, so it has to say which types: #[handles(\"..\")], or #[handles(\"*\")] for all");
        panic!("{}", message.as_str())
    }
}
