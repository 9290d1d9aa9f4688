//! Limits of the length and the depth of expressions.

use eventkit::Event;
use eventkit::filter::cesql::{Expression, MAX_DEPTH, MAX_LENGTH, ParseErrorKind, Value};

#[track_caller]
fn assert_limit(text: &str) {
    assert_eq!(
        Expression::parse(text).unwrap_err().kind(),
        ParseErrorKind::Limit
    );
}

fn event() -> Event {
    let event = Event::builder().id("x").source("/s").ty("t");
    event.build().unwrap()
}

fn within(open: &str, close: &str, times: usize) -> String {
    format!("{}1{}", open.repeat(times), close.repeat(times))
}

#[test]
fn parentheses_count_towards_the_depth() {
    assert!(Expression::parse(&within("(", ")", MAX_DEPTH - 1)).is_ok());
    assert_limit(&within("(", ")", MAX_DEPTH));
}

#[test]
fn operators_and_calls_count_towards_the_depth() {
    for (open, close) in [
        ("- ", ""),
        ("NOT ", ""),
        ("ABS(", ")"),
        ("1+(", ")"),
        ("1 IN (", ")"),
    ] {
        assert!(
            Expression::parse(&within(open, close, MAX_DEPTH / 2 - 1)).is_ok(),
            "{open}"
        );
        assert_limit(&within(open, close, MAX_DEPTH));
        assert_limit(&within(open, close, MAX_LENGTH / 8));
    }
}

#[test]
fn chains_of_operators_count_towards_the_depth() {
    let chain = |count: usize| vec!["1"; count].join("+");
    assert!(Expression::parse(&chain(MAX_DEPTH)).is_ok());
    assert_limit(&chain(MAX_DEPTH + 1));
    assert_limit(&"1 IN (1)".replace(" IN (1)", &" IN (1)".repeat(MAX_DEPTH)));
}

#[test]
fn sets_and_arguments_do_not_count_towards_the_depth() {
    let event = event();
    let set = vec!["'a'"; 2_000].join(",");
    let expression =
        Expression::parse(&format!("id IN ({set}) OR LENGTH(CONCAT({set})) = 2000")).unwrap();
    assert_eq!(expression.evaluate(&event).value, Value::Boolean(true));
}

#[test]
fn the_deepest_expression_can_be_evaluated_printed_and_explained() {
    let event = event();
    let text = within("-", "", MAX_DEPTH - 1);
    let expression = Expression::parse(&text).unwrap();
    assert_eq!(expression.evaluate(&event).value, Value::Integer(-1));
    assert_eq!(expression.to_string().parse(), Ok(expression.clone()));
    assert!(!expression.explain(&event).steps().is_empty());
}

#[test]
fn a_text_over_the_limit_is_not_parsed() {
    let text = format!("'{}'", "a".repeat(MAX_LENGTH - 2));
    assert!(Expression::parse(&text).is_ok());
    let error = Expression::parse(&format!("{text} ")).unwrap_err();
    assert_eq!(error.kind(), ParseErrorKind::Limit);
    assert_eq!(
        error.to_string(),
        "expected at most 16384 bytes, found 16385 (column 1)"
    );
}

#[test]
fn the_deepest_expression_needs_only_a_small_stack() {
    let run = || {
        let event = event();
        for (open, close) in [
            ("(", ")"),
            ("- ", ""),
            ("ABS(", ")"),
            ("1+(", ")"),
            ("1 IN (", ")"),
        ] {
            let text = within(open, close, MAX_DEPTH / 2 - 1);
            let expression = Expression::parse(&text).unwrap();
            let _ = expression.explain(&event).to_string();
            assert_limit(&within(open, close, MAX_DEPTH));
        }
    };
    std::thread::Builder::new()
        .stack_size(1 << 19)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap();
}

/// A search that compares the text at each position of the value would take minutes.
#[test]
fn a_long_pattern_is_matched_in_linear_time() {
    let event = eventkit::Event::builder()
        .source("/s")
        .ty("t")
        .subject("a".repeat(60_000))
        .build()
        .unwrap();
    let long = "a".repeat(8_000);
    for pattern in [format!("%{long}b%"), format!("%{long}{long}b")] {
        let expression = Expression::parse(&format!("subject LIKE '{pattern}'")).unwrap();
        for _ in 0..100 {
            assert_eq!(expression.evaluate(&event).value, Value::Boolean(false));
        }
    }
}
