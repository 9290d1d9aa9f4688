//! The durable names of subscriptions, and the reserved event types of a service.

use std::fmt::Write;

use eventkit::Handler;
use eventkit::transport::{DEAD_LETTER_PREFIX, REPLAY_PREFIX};

/// The separator between the name of the service and the name of the handler. Neither name contains
/// it, so two services never share a subscription by accident.
const SEPARATOR: &str = "--";

/// Returns whether a text is a valid name of a service or handler.
///
/// A hyphen at the end would move the separator: the handler `dead-letters` of a service `shop-`
/// would have the same subscription as the dead letters of `shop`.
pub(crate) fn is_valid(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty()
        && text.bytes().all(legal)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains(SEPARATOR)
}

/// Returns the durable name of a handler, derived from its configured name or its path.
pub(crate) fn durable(service: &str, handler: &Handler) -> String {
    match handler.durable_name() {
        Some(name) => of_handler(service, name),
        None => of_handler(service, &from_path(handler.name())),
    }
}

/// Returns the durable name of a handler, derived from its current name or a former one.
pub(crate) fn of_handler(service: &str, name: &str) -> String {
    format!("{service}{SEPARATOR}{name}")
}

/// Returns the durable name of the subscription that keeps the dead letters of a service.
pub(crate) fn dead_letters(service: &str) -> String {
    // No handler has a name that starts with a hyphen.
    format!("{service}{SEPARATOR}-dead-letters")
}

/// Returns the name of the service from the durable name of a subscription.
pub(crate) fn service_of(durable: &str) -> &str {
    durable
        .split_once(SEPARATOR)
        .map_or(durable, |(own, _)| own)
}

/// Returns the default event type of a service's dead letters.
pub(crate) fn dead_letter_type(service: &str) -> String {
    format!("{DEAD_LETTER_PREFIX}{service}")
}

/// Returns the event type of replays to a handler, to which only this handler subscribes.
pub(crate) fn replay_type(durable: &str) -> String {
    format!("{REPLAY_PREFIX}{durable}")
}

/// Returns whether an event type is used for replays to a handler.
pub(crate) fn is_replay_type(ty: &str, durable: &str) -> bool {
    ty.strip_prefix(REPLAY_PREFIX) == Some(durable)
}

/// Returns whether dead letters may be published to an event type.
pub(crate) fn is_dead_letter_type(ty: &str) -> bool {
    let rest = ty.strip_prefix(DEAD_LETTER_PREFIX);
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains('*'))
}

fn from_path(path: &str) -> String {
    let mut name = String::with_capacity(path.len());
    for c in path.replace("::", "-").chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') {
            name.push(c);
        } else {
            // Rust identifiers may contain letters outside of ASCII.
            let _ = write!(name, "_{:x}_", u32::from(c));
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
            from_path("shop::orders::send_receipt"),
            "shop-orders-send_receipt"
        );
        assert_eq!(from_path("café::ü"), "caf_e9_-_fc_");
        assert!(is_valid(&from_path("a::b")));
        assert!(!is_valid("a--b") && !is_valid("a.b") && !is_valid(""));
    }

    #[test]
    fn no_handler_has_the_subscription_of_dead_letters() {
        let (service, name) = ("shop-", "dead-letters");
        assert_eq!(of_handler(service, name), dead_letters("shop"));
        assert!(!is_valid(service) && !is_valid("-"));
        assert!(is_valid("shop") && is_valid(name));
    }
}
