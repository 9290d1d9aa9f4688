//! Attribute types as fields of a user's own types.

use eventkit::event::{Timestamp, Uri, UriReference};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Fields {
    at: Timestamp,
    schema: Uri,
    source: UriReference,
}

#[test]
fn they_are_written_and_read_as_text() {
    let json =
        r#"{"at":"2026-01-31T09:30:00.50+01:00","schema":"https://example.com/s","source":"/a"}"#;
    let fields: Fields = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&fields).unwrap(), json);
}

#[test]
fn what_is_not_one_is_refused_with_the_reason() {
    let json = r#"{"at":"yesterday","schema":"https://example.com/s","source":"/a"}"#;
    let error = serde_json::from_str::<Fields>(json)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("\"yesterday\" is not an RFC 3339 timestamp"),
        "{error}"
    );
}
