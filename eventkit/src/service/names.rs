//! The durable names of subscriptions.

use std::fmt::Write;

use crate::dispatch::Handler;

/// Stands between the name of the service and that of the handler. Neither holds it, so two
/// services never share a subscription by chance.
const BETWEEN: &str = "--";

/// Returns whether a text can be the name of a service or of a handler.
pub(super) fn is_name(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.bytes().all(legal) && !text.starts_with('-') && !text.contains(BETWEEN)
}

/// Returns the durable name of a handler: the one it was given, or its path.
pub(super) fn durable(service: &str, handler: &Handler) -> String {
    let own = handler
        .durable_name()
        .map_or_else(|| of_path(handler.name()), str::to_owned);
    format!("{service}{BETWEEN}{own}")
}

/// Returns the durable name under which the dead letters of a service are kept.
pub(super) fn dead_letters(service: &str) -> String {
    // No handler has a name that begins like this.
    format!("{service}{BETWEEN}-dead-letters")
}

/// Returns the place of a service's dead letters, where none is configured.
pub(super) fn dead_letter_place(service: &str) -> String {
    format!("eventkit.deadletter.{service}")
}

/// Returns the place from which one handler alone takes events.
pub(super) fn replay_place(durable: &str) -> String {
    format!("eventkit.replay.{durable}")
}

fn of_path(path: &str) -> String {
    let mut name = String::with_capacity(path.len());
    for (at, segment) in path.split("::").enumerate() {
        if at > 0 {
            name.push('-');
        }
        for c in segment.chars() {
            if c.is_ascii_alphanumeric() || c == '_' {
                name.push(c);
            } else {
                // Rust has letters of other scripts in its names.
                let _ = write!(name, "_{:x}_", u32::from(c));
            }
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_names() {
        assert_eq!(
            of_path("shop::orders::send_receipt"),
            "shop-orders-send_receipt"
        );
        assert_eq!(of_path("café::ü"), "caf_e9_-_fc_");
        assert!(is_name(&of_path("a::b")) && !is_name("a--b") && !is_name("a.b") && !is_name(""));
    }
}
