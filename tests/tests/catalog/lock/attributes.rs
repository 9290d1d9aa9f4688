//! Changes of attributes and of whole event types.

use eventkit_catalog::{Lock, Mode};
use serde_json::json;

use super::of_contract;

#[test]
fn a_required_attribute_names_its_path() {
    let old = of_contract(&json!({ "data": {} }));
    let new = of_contract(
        &json!({ "attributes": { "tenant": { "required": { "type": "string" } } }, "data": {} }),
    );
    let changes = old.changes(&new, Mode::Full);
    assert_eq!(changes.len(), 1);
    assert_eq!(
        changes[0].to_string(),
        "co.outcome.test: attributes.tenant: readers require the attribute, but senders need not set it \
         (breaks new readers of old events)\n    locked: (absent)\n    now:    {\"required\":{\"type\":\"string\"}}"
    );
}

#[test]
fn a_renamed_event_type_is_recognized() {
    let old = of_contract(&json!({ "data": { "type": "string" } }));
    let new: Lock = old
        .to_string()
        .replace("co.outcome.test", "co.outcome.other")
        .parse()
        .unwrap();
    let changes = old.changes(&new, Mode::Forward);
    assert_eq!(
        changes[0].to_string(),
        "co.outcome.test: the event type was renamed to \"co.outcome.other\" (breaks old readers of new events)"
    );
}
