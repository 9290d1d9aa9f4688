//! The filter dialects.

use eventkit::Event;
use eventkit::filter::{Filter, FilterParseError, MAX_NESTING};

fn event() -> Event {
    let builder = Event::builder()
        .id("1")
        .source("/shop")
        .ty("co.outcome.order.placed");
    builder
        .subject("eu-7")
        .extension("n", 7)
        .extension("test", true)
        .build()
        .unwrap()
}

fn json(text: &str) -> Filter {
    serde_json::from_str(text).unwrap()
}

#[track_caller]
fn assert_passes(text: &str, passes: bool) {
    let filter = json(text);
    assert_eq!(filter.matches(&event()), passes, "{text}");
    assert_eq!(filter.evaluate(&event()), Ok(passes), "{text}");
}

#[test]
fn exact_requires_equal_attributes() {
    assert_passes(r#"{"exact":{"subject":"eu-7"}}"#, true);
    assert_passes(r#"{"exact":{"subject":"EU-7"}}"#, false);
    assert_passes(r#"{"exact":{"subject":"eu"}}"#, false);
    assert_passes(r#"{"exact":{"subject":"eu-7","id":"1"}}"#, true);
    assert_passes(r#"{"exact":{"subject":"eu-7","id":"2"}}"#, false);
    assert_passes(r#"{"exact":{"specversion":"1.0"}}"#, true);
}

#[test]
fn prefix_and_suffix_require_matching_attributes() {
    assert_passes(r#"{"prefix":{"type":"co.outcome.","subject":"eu-"}}"#, true);
    assert_passes(
        r#"{"prefix":{"type":"co.outcome.","subject":"us-"}}"#,
        false,
    );
    assert_passes(r#"{"suffix":{"type":".placed"}}"#, true);
    assert_passes(r#"{"suffix":{"type":"co.outcome"}}"#, false);
}

#[test]
fn extensions_of_all_types_are_compared_as_text() {
    assert_passes(r#"{"exact":{"n":"7","test":"true"}}"#, true);
    assert_passes(r#"{"prefix":{"test":"t"}}"#, true);
}

#[test]
fn an_absent_attribute_does_not_match() {
    for dialect in ["exact", "prefix", "suffix"] {
        assert_passes(&format!(r#"{{"{dialect}":{{"absent":"x"}}}}"#), false);
        assert_passes(
            &format!(r#"{{"not":{{"{dialect}":{{"absent":"x"}}}}}}"#),
            true,
        );
    }
}

#[test]
fn all_any_and_not_combine_filters() {
    let (yes, no) = (r#"{"exact":{"id":"1"}}"#, r#"{"exact":{"id":"2"}}"#);
    assert_passes(&format!(r#"{{"all":[{yes},{yes}]}}"#), true);
    assert_passes(&format!(r#"{{"all":[{yes},{no}]}}"#), false);
    assert_passes(&format!(r#"{{"any":[{no},{yes}]}}"#), true);
    assert_passes(&format!(r#"{{"any":[{no},{no}]}}"#), false);
    assert_passes(
        &format!(r#"{{"not":{{"any":[{no},{{"not":{yes}}}]}}}}"#),
        true,
    );
}

#[test]
fn the_result_of_an_expression_is_cast_to_a_boolean() {
    assert_passes(r#"{"sql":"subject LIKE 'eu-%' AND n > 3"}"#, true);
    assert_passes(r#"{"sql":"n"}"#, true);
    assert_passes(r#"{"sql":"n - 7"}"#, false);
    assert_passes(r#"{"sql":"test"}"#, true);
    assert_passes(r#"{"sql":"CONCAT('tr', 'ue')"}"#, true);
}

#[test]
fn a_filter_returns_the_attributes_it_reads() {
    let filter = json(r#"{"any":[{"not":{"sql":"EXISTS a AND b = 1"}},{"prefix":{"c":"x"}}]}"#);
    let looks_at = ["a", "b", "c", "d"].map(|name| filter.looks_at(name));
    assert_eq!(looks_at, [true, true, true, false]);
}

#[test]
fn nesting_is_limited() {
    let mut filter = Filter::sql("TRUE").unwrap();
    for _ in 0..MAX_NESTING {
        filter = Filter::not(filter).unwrap();
    }
    assert!(filter.matches(&event()));
    assert_eq!(Filter::not(filter.clone()), Err(FilterParseError::Nesting));
    assert_eq!(Filter::all([filter]), Err(FilterParseError::Nesting));
}

#[test]
fn a_filter_that_can_never_match_is_refused() {
    let pair = |name: &str, text: &str| Filter::exact([(name, text)]).unwrap_err().to_string();
    assert_eq!(pair("id", ""), "the text for `id` is empty");
    for name in ["", "Id", "my_name", "data", "é"] {
        let message = format!(
            "{name:?} is not a valid attribute name: expected lowercase letters and digits"
        );
        assert_eq!(pair(name, "x"), message);
    }
    let twice = Filter::suffix([("id", "1"), ("id", "2")]);
    assert_eq!(twice, Err(FilterParseError::Duplicate("id".into())));
    assert_eq!(
        Filter::prefix([("", ""); 0]),
        Err(FilterParseError::Empty("prefix"))
    );
    assert_eq!(Filter::any([]), Err(FilterParseError::Empty("any")));
}
