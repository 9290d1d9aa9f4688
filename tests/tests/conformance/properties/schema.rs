//! The JSON schema of the specification, if it is available.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

static SCHEMA: LazyLock<Option<Validator>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/schemas");
    let text = fs::read(folder.join("cloudevents.json")).ok()?;
    let schema: Value = serde_json::from_slice(&text).unwrap();
    let options = jsonschema::options().with_draft(Draft::Draft7);
    let options = options.should_validate_formats(true);
    Some(options.build(&schema).unwrap())
});

/// Asserts that an encoded event is valid by the schema, if there is one.
#[track_caller]
pub(crate) fn check(event: &[u8]) {
    let Some(schema) = &*SCHEMA else {
        return;
    };
    let value: Value = serde_json::from_slice(event).unwrap();
    if let Err(error) = schema.validate(&value) {
        panic!("{error}, at {}, in {value}", error.instance_path());
    }
}

#[test]
fn the_schema_exists_and_refuses_invalid_events() {
    let Some(schema) = &*SCHEMA else {
        println!("cloudevents.json: not available, encoded events are only decoded again");
        return;
    };
    let event = json!({ "specversion": "1.0", "id": "1", "source": "/s", "type": "t" });
    assert!(schema.is_valid(&event));
    for (name, value) in [
        ("id", json!("")),
        ("source", json!("a b")),
        ("type", json!(7)),
        ("subject", json!("")),
        ("time", json!("yesterday")),
        ("dataschema", json!("/relative")),
        ("datacontenttype", json!("")),
        ("data_base64", json!("%")),
    ] {
        let mut wrong = event.clone();
        wrong[name] = value;
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}
