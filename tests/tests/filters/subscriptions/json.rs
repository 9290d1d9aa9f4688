//! Filters in the JSON of the Subscriptions API.

use eventkit::filter::{Filter, MAX_NESTING};

#[track_caller]
fn assert_refused(json: &str, message: &str) {
    let error = serde_json::from_str::<Filter>(json)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with(message), "{error}");
}

#[test]
fn every_dialect_round_trips() {
    for json in [
        r#"{"exact":{"type":"t","subject":"s"}}"#,
        r#"{"prefix":{"type":"t"}}"#,
        r#"{"suffix":{"myext":"t"}}"#,
        r#"{"all":[{"exact":{"type":"t"}},{"sql":"id = 1"}]}"#,
        r#"{"any":[{"not":{"exact":{"type":"t"}}}]}"#,
        r#"{"sql":"source LIKE '%cloudevents%'"}"#,
    ] {
        let filter: Filter = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&filter).unwrap(), json);
    }
}

#[test]
fn expressions_are_written_in_their_canonical_form() {
    let filter: Filter =
        serde_json::from_str(r#"{"sql":"(ID)=\"1\"  and not(exists subject)"}"#).unwrap();
    assert_eq!(filter.to_string(), "id = \"1\" AND NOT EXISTS subject");
    let json = r#"{"sql":"id = \"1\" AND NOT EXISTS subject"}"#;
    assert_eq!(serde_json::to_string(&filter).unwrap(), json);
}

#[test]
fn other_filters_are_displayed_as_json() {
    let filter = Filter::exact([("id", "1")]).unwrap();
    assert_eq!(filter.to_string(), r#"{"exact":{"id":"1"}}"#);
}

#[test]
fn malformed_filters_are_refused() {
    assert_refused(
        "[]",
        "invalid type: sequence, expected a filter: an object with a dialect",
    );
    assert_refused(
        "{}",
        "expected an object with a filter dialect as its only member, found an empty object",
    );
    assert_refused(
        r#"{"exact":{"id":"1"},"sql":"TRUE"}"#,
        "expected a filter with one dialect, found a second one: \"sql\"",
    );
    assert_refused(
        r#"{"regex":{}}"#,
        "unknown filter dialect \"regex\": expected one of `exact`, `prefix`",
    );
    assert_refused(
        r#"{"exact":{}}"#,
        "`exact` is empty: expected at least one element",
    );
    assert_refused(r#"{"exact":{"id":""}}"#, "the text for `id` is empty");
    assert_refused(
        r#"{"exact":{"id":1}}"#,
        "invalid type: integer `1`, expected a string",
    );
    assert_refused(r#"{"exact":{"id":"1","id":"1"}}"#, "`id` occurs twice");
    assert_refused(r#"{"all":[]}"#, "`all` is empty");
    assert_refused(
        r#"{"all":{"exact":{"id":"1"}}}"#,
        "invalid type: map, expected an array of filters",
    );
    assert_refused(r#"{"not":[]}"#, "invalid type: sequence, expected a filter");
    assert_refused(
        r#"{"sql":7}"#,
        "invalid type: integer `7`, expected a string",
    );
}

#[test]
fn the_error_of_an_expression_has_the_position() {
    let expected = "\
expected an operator or the end of the expression, found `id` (column 4)
id id
   ^^";
    assert_refused(r#"{"sql":"id id"}"#, expected);
}

#[test]
fn deep_nesting_is_refused_while_parsing() {
    let nested = |times: usize| {
        format!(
            r#"{}{{"sql":"TRUE"}}{}"#,
            r#"{"not":"#.repeat(times),
            "}".repeat(times)
        )
    };
    assert!(serde_json::from_str::<Filter>(&nested(MAX_NESTING)).is_ok());
    assert_refused(
        &nested(MAX_NESTING + 1),
        "filters are nested more than 32 levels deep",
    );
    let lists = r#"{"all":["#.repeat(10_000);
    assert_refused(&lists, "filters are nested more than 32 levels deep");
}
