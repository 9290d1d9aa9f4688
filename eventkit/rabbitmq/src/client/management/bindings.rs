//! The bindings of a queue, compared with those that the transport needs.

use super::api::FoundBinding;
use crate::mapping::names::Names;
use crate::mapping::routing::Binding;

/// How the bindings of a queue differ from those that the transport needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    pub(crate) missing: Vec<Binding>,
    /// The exchange and the key of each binding that no deployment has made.
    pub(crate) others: Vec<(String, String)>,
}

/// Compares the bindings of a queue.
pub(super) fn compare(names: &Names, needed: &[Binding], found: Vec<FoundBinding>) -> Differences {
    let mut missing = needed.to_vec();
    let mut others = Vec::new();
    for FoundBinding {
        source,
        routing_key,
    } in found
    {
        let is = |own: &Binding| own.exchange(names) == source && own.key == routing_key;
        if needed.iter().any(is) {
            missing.retain(|own| !is(own));
        } else if !source.is_empty() {
            // The broker binds each queue to the default exchange, which has no name.
            others.push((source, routing_key));
        }
    }
    Differences { missing, others }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_bindings_and_those_of_others_are_found() {
        let binding = |is_reserved, key: &str| Binding {
            is_reserved,
            key: key.to_owned(),
        };
        let found = |source: &str, key: &str| FoundBinding {
            source: source.to_owned(),
            routing_key: key.to_owned(),
        };
        let needed = [binding(false, "a"), binding(false, "b"), binding(true, "r")];
        let all = vec![
            found("", "shop.s"),
            found("shop", "a"),
            found("shop", "r"),
            found("shop.eventkit", "r"),
            found("other", "a"),
        ];
        let differences = compare(&Names::new("shop"), &needed, all);
        assert_eq!(differences.missing, [binding(false, "b")]);
        let others = [("shop", "r"), ("other", "a")];
        let others = others.map(|(source, key)| (source.to_owned(), key.to_owned()));
        assert_eq!(differences.others, others);
    }
}
