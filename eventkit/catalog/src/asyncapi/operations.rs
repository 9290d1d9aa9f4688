//! Operations: what each handler receives and sends.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::catalog::Catalog;
use crate::handler::HandlerInfo;
use crate::keys::{Keys, pointer, sanitized, unique};
use crate::policy;

/// Returns an operation for each event type that a handler receives or sends.
///
/// An operation has one channel, so a handler of several event types has several operations.
pub(super) fn operations(catalog: &Catalog, keys: &Keys) -> Map<String, Value> {
    let mut operations = Map::new();
    let mut used = BTreeSet::new();
    for handler in catalog.handlers() {
        let received: Vec<&str> = handler.handled_types().collect();
        let sent = handler.emits.iter().map(String::as_str);
        let sent = sent.filter(|ty| catalog.event(ty).is_some());
        let received = received.into_iter().map(|ty| ("receive", ty));
        for (action, ty) in received.chain(sent.map(|ty| ("send", ty))) {
            let key = keys.event(ty);
            let name = sanitized(&format!("{}.{action}.{ty}", handler.short_name()));
            let operation = operation(handler, action, key);
            operations.insert(unique(&name, &mut used), operation);
        }
    }
    operations
}

fn operation(handler: &HandlerInfo, action: &str, key: &str) -> Value {
    let message = pointer(&["channels", key, "messages", key]);
    json!({
        "action": action,
        "channel": { "$ref": pointer(&["channels", key]) },
        "messages": [{ "$ref": message }],
        "title": handler.short_name(),
        "summary": format!("`{}`", handler.name),
        "x-eventkit-handler": details(handler),
    })
}

/// Returns what AsyncAPI has no field for.
fn details(handler: &HandlerInfo) -> Value {
    let policy: Map<String, Value> = policy::rows(&handler.policy)
        .into_iter()
        .map(|(name, value)| (name.replace(' ', "_"), json!(value)))
        .collect();
    json!({
        "name": handler.name,
        "registry": handler.registry,
        "durableName": handler.durable_name,
        "patterns": handler.patterns,
        "order": handler.order,
        "filter": handler.filter,
        "policy": policy,
    })
}
