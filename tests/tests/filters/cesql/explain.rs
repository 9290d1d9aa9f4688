//! Explanations of evaluations.

use eventkit::Event;
use eventkit::filter::cesql::Expression;

fn explain(text: &str) -> String {
    let event = Event::builder()
        .id("1")
        .source("/s")
        .ty("t")
        .extension("n", "x")
        .build()
        .unwrap();
    Expression::parse(text).unwrap().explain(&event).to_string()
}

#[test]
fn every_part_but_literals_has_a_line() {
    let expected = "\
LENGTH(CONCAT(id, '-', source)) > 3 AND NOT EXISTS subject: true
  LENGTH(CONCAT(id, '-', source)) > 3: true
    LENGTH(CONCAT(id, '-', source)): 4
      CONCAT(id, '-', source): \"1-/s\"
        id: \"1\"
        source: \"/s\"
  NOT EXISTS subject: true
    EXISTS subject: false";
    assert_eq!(
        explain("LENGTH(CONCAT(id, '-', source)) > 3 AND NOT EXISTS subject"),
        expected
    );
}

#[test]
fn errors_are_at_the_part_that_caused_them() {
    let expected = "\
n + 1 = 0 OR subject = 'a': true
  n + 1 = 0: true
    n + 1: 0 (error: `n` is \"x\", which cannot be cast to Integer)
      n: \"x\"
  subject = 'a': not evaluated";
    assert_eq!(explain("n + 1 = 0 OR subject = 'a'"), expected);
    let expected = "\
subject: absent (error: the event has no attribute `subject`)";
    assert_eq!(explain("subject"), expected);
}

#[test]
fn errors_of_earlier_arguments_and_elements_are_at_the_part_too() {
    let expected = "\
SUBSTRING('abc', n, 2): \"\" (error: `n` is \"x\", which cannot be cast to Integer)
  n: \"x\"";
    assert_eq!(explain("SUBSTRING('abc', n, 2)"), expected);
    let expected = "\
1 IN (n, 2): false (error: `n` is \"x\", which cannot be cast to Integer)
  n: \"x\"";
    assert_eq!(explain("1 IN (n, 2)"), expected);
}

#[test]
fn elements_after_an_equal_one_are_not_evaluated() {
    let expected = "\
id IN ('2', id, subject): true
  id: \"1\"
  id: \"1\"
  subject: not evaluated";
    assert_eq!(explain("id IN ('2', id, subject)"), expected);
}

#[test]
fn the_result_equals_that_of_an_evaluation() {
    let event = Event::builder().source("/s").ty("t").build().unwrap();
    let expression: Expression = "1 / 0 + subject".parse().unwrap();
    let explanation = expression.explain(&event);
    assert_eq!(*explanation.evaluation(), expression.evaluate(&event));
    assert_eq!(explanation.evaluation().errors.len(), 2);
}
