//! Filters whose evaluation fails.

use eventkit::Event;
use eventkit::filter::Filter;

const YES: &str = "id = '1'";
const NO: &str = "id = '2'";
const ERROR: &str = "absent = 1";

fn event() -> Event {
    Event::builder()
        .id("1")
        .source("/s")
        .ty("t")
        .build()
        .unwrap()
}

fn sql<const N: usize>(expressions: [&str; N]) -> [Filter; N] {
    expressions.map(|expression| Filter::sql(expression).unwrap())
}

/// Returns the result by the rule of the Subscriptions API, and the result with errors.
fn outcome(filter: &Filter) -> (bool, Option<bool>) {
    (filter.matches(&event()), filter.evaluate(&event()).ok())
}

#[test]
fn an_expression_with_an_error_does_not_match() {
    let [filter] = sql([ERROR]);
    assert_eq!(outcome(&filter), (false, None));
    let [filter] = sql(["NOT (absent = 1)"]);
    assert_eq!(outcome(&filter), (false, None));
}

#[test]
fn the_negation_of_an_error_is_an_error() {
    let [filter] = sql([ERROR]);
    assert_eq!(outcome(&Filter::not(filter).unwrap()), (true, None));
}

#[test]
fn one_filter_can_decide_despite_errors_of_others() {
    assert_eq!(
        outcome(&Filter::all(sql([ERROR, NO])).unwrap()),
        (false, Some(false))
    );
    assert_eq!(
        outcome(&Filter::all(sql([ERROR, YES])).unwrap()),
        (false, None)
    );
    assert_eq!(
        outcome(&Filter::any(sql([ERROR, YES])).unwrap()),
        (true, Some(true))
    );
    assert_eq!(
        outcome(&Filter::any(sql([ERROR, NO])).unwrap()),
        (false, None)
    );
}

#[test]
fn the_error_has_the_expression_and_all_its_errors() {
    let [filter] = sql(["absent + 1 / 0 = 'x'"]);
    let error = filter.evaluate(&event()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`absent + 1 / 0 = 'x'`: the event has no attribute `absent`; `1 / 0` divides by zero"
    );
    assert_eq!(
        (error.expression(), error.errors().len()),
        ("absent + 1 / 0 = 'x'", 2)
    );
}

#[test]
fn a_result_that_cannot_be_cast_to_a_boolean_is_an_error() {
    let [filter] = sql(["CONCAT(id, 'x')"]);
    assert_eq!(outcome(&filter), (false, None));
    let error = filter.evaluate(&event()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`CONCAT(id, 'x')`: the result \"1x\" is not a Boolean"
    );
    assert!(error.errors().is_empty());
}
