//! Routing keys of event types, and binding keys of patterns.

use eventkit::transport::{REPLAY_PREFIX, Subscription, TransportError, is_reserved};
use serde::{Deserialize, Serialize};

use super::names::{MAX_NAME, Names};

/// The prefix of the routing keys of messages that are returned to the queue of a subscription.
pub(crate) const RETURN_PREFIX: &str = "eventkit.return.";

/// A binding of the queue of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Binding {
    /// Whether the binding is one to the exchange of the services.
    pub(crate) is_reserved: bool,
    pub(crate) key: String,
}

impl Binding {
    /// Returns the name of the exchange.
    pub(crate) fn exchange<'a>(&self, names: &'a Names) -> &'a str {
        if self.is_reserved {
            &names.services
        } else {
            &names.events
        }
    }
}

/// Returns the routing key of an event type: the type itself.
pub(crate) fn key_of(ty: &str) -> Result<&str, TransportError> {
    if ty.len() <= MAX_NAME {
        return Ok(ty);
    }
    Err(TransportError::rejected(format!(
        "the event type has {} bytes, but a routing key of AMQP has at most {MAX_NAME}",
        ty.len()
    )))
}

/// Returns the binding key of a pattern.
///
/// A `*` in the middle stands for one segment, as in AMQP, and one at the end for one or more. A key may match
/// more than its pattern, since AMQP has empty segments and cannot escape a `#`. The consumer therefore checks each
/// message against the patterns.
fn key_of_pattern(pattern: &str) -> String {
    match pattern.strip_suffix('*') {
        Some(rest) if rest.is_empty() || rest.ends_with('.') => format!("{rest}*.#"),
        _ => pattern.to_owned(),
    }
}

/// Returns the bindings of the patterns of a subscription.
pub(crate) fn bindings_of(subscription: &Subscription) -> Result<Vec<Binding>, TransportError> {
    let mut bindings = Vec::new();
    for pattern in &subscription.patterns {
        let key = key_of_pattern(pattern);
        if key.len() > MAX_NAME {
            return Err(TransportError::configuration(format!(
                "the pattern `{pattern}` of the subscription `{}` exceeds {MAX_NAME} bytes, the maximum for a \
                 binding of AMQP",
                subscription.name
            )));
        }
        bindings.push(Binding {
            is_reserved: is_reserved(pattern),
            key,
        });
    }
    bindings.sort();
    bindings.dedup();
    Ok(bindings)
}

/// Returns the bindings by which a queue receives replays to a name, and what was returned to it.
pub(crate) fn own_bindings(queue: &str, names: &[&str]) -> Vec<Binding> {
    let replays = names.iter().map(|name| format!("{REPLAY_PREFIX}{name}"));
    let returned = return_key(queue);
    let keys = replays
        .chain([returned])
        .filter(|key| key.len() <= MAX_NAME);
    let reserved = |key| Binding {
        is_reserved: true,
        key,
    };
    keys.map(reserved).collect()
}

/// Returns the routing key of messages that are returned to a queue.
pub(crate) fn return_key(queue: &str) -> String {
    format!("{RETURN_PREFIX}{queue}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_become_binding_keys() {
        for (pattern, key) in [
            ("order.placed", "order.placed"),
            ("order.*", "order.*.#"),
            ("order.*.eu", "order.*.eu"),
            ("*", "*.#"),
            ("*.placed", "*.placed"),
        ] {
            assert_eq!(key_of_pattern(pattern), key);
        }
    }

    #[test]
    fn reserved_patterns_are_bound_to_the_exchange_of_the_services() {
        let patterns = ["*", "eventkit.*", "eventkit.deadletter.shop", "*"];
        let bindings = bindings_of(&Subscription::new("s", patterns)).unwrap();
        let reserved = bindings.iter().filter(|binding| binding.is_reserved);
        let reserved: Vec<&str> = reserved.map(|binding| &*binding.key).collect();
        assert_eq!(
            (bindings.len(), reserved),
            (3, vec!["eventkit.deadletter.shop"])
        );
    }

    #[test]
    fn types_and_patterns_that_exceed_a_short_string_are_refused() {
        let long = "t".repeat(256);
        assert!(key_of(&long).is_err() && key_of(&long[1..]).is_ok());
        assert!(bindings_of(&Subscription::new("s", [long])).is_err());
    }
}
