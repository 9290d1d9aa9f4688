//! How long and how deep an expression can be.

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
fn parentheses_are_counted() {
    assert!(Expression::parse(&within("(", ")", MAX_DEPTH - 1)).is_ok());
    assert_limit(&within("(", ")", MAX_DEPTH));
}

#[test]
fn operators_and_calls_are_counted() {
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
fn chains_are_counted_since_they_are_deep_to_the_left() {
    let chain = |count: usize| vec!["1"; count].join("+");
    assert!(Expression::parse(&chain(MAX_DEPTH)).is_ok());
    assert_limit(&chain(MAX_DEPTH + 1));
    assert_limit(&"1 IN (1)".replace(" IN (1)", &" IN (1)".repeat(MAX_DEPTH)));
}

#[test]
fn sets_and_arguments_are_not_deep() {
    let event = event();
    let set = vec!["'a'"; 2_000].join(",");
    let expression =
        Expression::parse(&format!("id IN ({set}) OR LENGTH(CONCAT({set})) = 2000")).unwrap();
    assert_eq!(expression.evaluate(&event).value, Value::Boolean(true));
}

#[test]
fn the_deepest_expression_is_evaluated_printed_and_explained() {
    let event = event();
    let text = within("-", "", MAX_DEPTH - 1);
    let expression = Expression::parse(&text).unwrap();
    assert_eq!(expression.evaluate(&event).value, Value::Integer(-1));
    assert_eq!(expression.to_string().parse(), Ok(expression.clone()));
    assert!(!expression.explain(&event).steps().is_empty());
}

#[test]
fn a_text_that_is_too_long_is_not_looked_at() {
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
fn a_small_stack_is_enough_for_the_deepest_expression() {
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

/// A text is searched for: where each place of the value was compared with all of it, this took
/// minutes.
#[test]
fn a_long_pattern_takes_as_little_time_as_a_short_one() {
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
