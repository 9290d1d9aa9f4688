//! Attribute types as fields of other serde types.

use eventkit::event::{Timestamp, Uri, UriReference};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Fields {
    at: Timestamp,
    schema: Uri,
    source: UriReference,
}

#[test]
fn attribute_types_serialize_as_text() {
    let json =
        r#"{"at":"2026-01-31T09:30:00.50+01:00","schema":"https://example.com/s","source":"/a"}"#;
    let fields: Fields = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&fields).unwrap(), json);
}

#[test]
fn the_error_for_a_malformed_value_has_the_reason() {
    let json = r#"{"at":"yesterday","schema":"https://example.com/s","source":"/a"}"#;
    let error = serde_json::from_str::<Fields>(json)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("\"yesterday\" is not an RFC 3339 timestamp"),
        "{error}"
    );
}
